import Irminsul

/// Random paths at the corners of what names can be.
struct SampleNames {
  private var random: SeededNumbers

  init(seed: UInt64) {
    random = SeededNumbers(state: seed)
  }

  private static let odd = [
    "a", "a-", "a.", "a0", "!", "! 3", "! 40 61", "!a", "%", "%!", " x", "~", "é", "100644 a",
    "job",
  ]

  mutating func name() -> Bytes {
    switch Int.random(in: 0..<4, using: &random) {
    case 0: Bytes(Self.odd.randomElement(using: &random)!.utf8)
    case 1:
      [UInt8.random(in: 0x80...0xFF, using: &random), UInt8.random(in: 1...9, using: &random)]
    default: Bytes("job-\(Int.random(in: 0..<400, using: &random))".utf8)
    }
  }

  /// A path of one to three steps.
  mutating func path() -> Path {
    var steps: [Bytes] = []
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      // Few folders, so that some of them are large.
      steps.append(
        Bool.random(using: &random)
          ? name() : Bytes("d\(Int.random(in: 0..<3, using: &random))".utf8))
    }
    return Path(steps: steps)
  }
}
