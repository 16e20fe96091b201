import Irminsul
import IrminsulTestKit
import Testing

/// The server's commits and the client's are the same bytes, over random edits of random trees.
@Suite struct DifferentialTests {
  private struct Generator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }

  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func luaAndSwiftMakeTheSameCommits(_ seed: UInt64) async throws {
    var random = Generator(state: seed)
    let scripted = try await Repository.open("memory:")
    let classic = Repository(backend: DictionaryBackend())
    // Names that meet at the edges of Git's order: `a` as a directory stands after `a-` and `a.`.
    let names = ["a", "a-", "a.", "a0", "b", "ab", "\u{E9}", "z z", "A", "0"]
    for round in 0..<250 {
      var edits: [BranchEdit] = []
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        let depth = Int.random(in: 1...3, using: &random)
        let path = Path(
          steps: (0..<depth).map { _ in names.randomElement(using: &random) ?? "a" })
        if Int.random(in: 0..<3, using: &random) == 0 {
          edits.append(.remove(path))
        } else {
          edits.append(
            try .set(
              path, "\(UInt8.random(in: 0...20, using: &random))",
              mode: Bool.random(using: &random) ? .blob : .executable))
        }
      }
      let info = Info("Round \(round)", date: Timestamp(seconds: Int64(1_700_000_000 + round)))
      let one = try await scripted.branch().commit(edits, info)
      let other = try await classic.branch().commit(edits, info)
      #expect(one.head == other.head, "seed \(seed), round \(round)")
      if one.head != other.head { break }
    }
    await scripted.close()
  }
}
