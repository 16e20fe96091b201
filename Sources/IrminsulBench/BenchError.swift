/// Why a measurement could not be made, in words for the person who asked for it.
struct BenchError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}
