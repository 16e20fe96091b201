import RedisScripting
import Testing

/// Commands: bytes as they are, and a name for messages that shows no argument.
@Suite struct CommandTests {
  @Test func wordsBecomeTheirBytes() {
    let command = Command("HGET", "{a}:meta", "ü")
    #expect(command.arguments == [Bytes("HGET".utf8), Bytes("{a}:meta".utf8), [0xC3, 0xBC]])
    #expect(command == Command(arguments: command.arguments))
  }

  @Test func argumentsMayBeAnyBytes() {
    let bytes: Bytes = [0, 255, 13, 10]
    #expect(Command(arguments: [Bytes("SET".utf8), bytes]).arguments[1] == bytes)
  }

  @Test func theNameIsTheFirstWordInUpperCase() {
    #expect(Command("auth", "a secret").name == "AUTH")
    #expect(Command("auth", "a secret").name.contains("secret") == false)
    #expect(Command(arguments: []).name == "")
  }
}
