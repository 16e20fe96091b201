/// Why a measurement could not be made, in words for the person who asked for it.
struct BenchError: Error, CustomStringConvertible {
  let description: String
  let status: Status

  /// Exit codes. Source: sysexits.h.
  enum Status: Int32 {
    case failed = 1
    case usage = 64
    case unreachable = 69
    case inputOutput = 74
  }

  init(_ description: String, _ status: Status = .failed) {
    self.description = description
    self.status = status
  }
}
