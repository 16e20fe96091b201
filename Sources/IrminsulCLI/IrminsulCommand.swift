import Irminsul
@main struct M { static func main() { print(placeholder().sha1) } }
