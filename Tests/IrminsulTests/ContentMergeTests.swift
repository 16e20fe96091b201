import Foundation
import Irminsul
import IrminsulTestKit
import RedisScripting
import Testing

/// Merges of values: their laws, and text beside `git merge-file`.
@Suite struct ContentMergeTests {
  // MARK: Laws

  /// Checks, on random values, that a side that has changed nothing gives way, and that the sides may be
  /// exchanged.
  private func holdLaws<Value: Equatable & Sendable>(
    _ merge: Merge<Value>, _ values: (inout RandomWorkload.Generator) -> Value,
    agreesWithItself: Bool = true
  ) {
    var generator = RandomWorkload.Generator(state: 7)
    var merged = 0
    for _ in 0..<500 {
      let (base, one, two) = (values(&generator), values(&generator), values(&generator))
      #expect((try? merge.merged(base: base, ours: base, theirs: one)) == one)
      #expect((try? merge.merged(base: base, ours: one, theirs: base)) == one)
      if agreesWithItself, base != one {
        #expect((try? merge.merged(base: base, ours: one, theirs: one)) == one)
      }
      let forth = try? merge.merged(base: base, ours: one, theirs: two)
      let back = try? merge.merged(base: base, ours: two, theirs: one)
      #expect(forth == back, "\(base) \(one) \(two)")
      if forth != nil { merged += 1 }
    }
    #expect(merged > 0)
  }

  private static func few(_ generator: inout RandomWorkload.Generator) -> Int {
    Int.random(in: 0..<4, using: &generator)
  }

  private static func some(_ generator: inout RandomWorkload.Generator) -> [Int] {
    (0..<6).filter { _ in Bool.random(using: &generator) }
  }

  private static func dictionary(_ generator: inout RandomWorkload.Generator) -> [String: Int] {
    Dictionary(uniqueKeysWithValues: some(&generator).map { ("k\($0)", few(&generator)) })
  }

  private static func json(_ generator: inout RandomWorkload.Generator) -> JSON {
    .object([
      "a": .integer(Int64(few(&generator))),
      "b": .object(dictionary(&generator).mapValues { .integer(Int64($0)) }),
      "c": .array(some(&generator).map { .integer(Int64($0)) }),
    ])
  }

  @Test func laws() {
    holdLaws(.default, Self.few, agreesWithItself: false)
    holdLaws(.idempotent, Self.few)
    holdLaws(Merge<Int>.idempotent.option) { Bool.random(using: &$0) ? Self.few(&$0) : nil }
    holdLaws(Merge<Int64>.counter(), { Int64(Self.few(&$0)) }, agreesWithItself: false)
    holdLaws(Merge<Set<Int>>.set()) { Set(Self.some(&$0)) }
    holdLaws(
      Merge<[String: Int]>.multiset(), { Self.dictionary(&$0).filter { $0.value != 0 } },
      agreesWithItself: false)
    holdLaws(.dictionary(of: .idempotent), Self.dictionary)
    holdLaws(.dictionary(of: .counter()), Self.dictionary, agreesWithItself: false)
    holdLaws(.json(), Self.json)
    holdLaws(.json(arrays: .elements), Self.json)
    holdLaws(Merge.first(of: [.default, .idempotent]), Self.few)
    holdLaws(Merge<Int>.idempotent.like(to: { $0.count }, from: { [Int](repeating: 0, count: $0) }))
    {
      [Int](repeating: 0, count: Self.few(&$0))
    }
  }

  @Test func pairsAndMembers() throws {
    struct Job: Equatable {
      var title: String
      var runs: Int
      var tags: Set<String>
    }
    let merge = Merge<Job>.members(
      .init(\.title, .idempotent), .init(\.runs, .counter()), .init(\.tags, .set()))
    let base = Job(title: "a", runs: 1, tags: ["x"])
    let ours = Job(title: "b", runs: 3, tags: ["x", "y"])
    let theirs = Job(title: "a", runs: 2, tags: ["z"])
    #expect(
      try merge.merged(base: base, ours: ours, theirs: theirs)
        == Job(title: "b", runs: 4, tags: ["y", "z"]))
    // What has no merge of its own is never lost.
    let titles = Merge<Job>.members(.init(\.title, .idempotent))
    let tagged = Job(title: "a", runs: 1, tags: ["y"])
    #expect(
      try titles.merged(base: base, ours: Job(title: "b", runs: 1, tags: ["x"]), theirs: tagged)
        == Job(title: "b", runs: 1, tags: ["y"]))
    #expect(throws: MergeRefusal.self) {
      try titles.merged(base: base, ours: ours, theirs: tagged)
    }
    let pair = Merge<(Int, Int)>.pair(.counter(), .idempotent)
    let sum = try pair.merged(base: (1, 1), ours: (2, 1), theirs: (3, 5))
    #expect(sum == (4, 5))
    let triple = Merge<(Int, Int, Int)>.triple(.counter(), .idempotent, .counter())
    #expect(try triple.merged(base: nil, ours: (1, 2, 3), theirs: (1, 2, 3)) == (2, 2, 6))
  }

  @Test func refusalsNameThePlaces() {
    #expect(throws: MergeRefusal("k1: not equal; k2: changed here, removed there")) {
      try Merge<[String: Int]>.dictionary(of: .idempotent).merged(
        base: ["k1": 0, "k2": 0], ours: ["k1": 1, "k2": 1], theirs: ["k1": 2])
    }
    #expect(throws: MergeRefusal("not equal at /a, /b~1c/d")) {
      try Merge<JSON>.json().merged(
        base: ["a": 0, "b/c": ["d": 0]], ours: ["a": 1, "b/c": ["d": 1, "e": 1]],
        theirs: ["a": 2, "b/c": ["d": 2]])
    }
    #expect(throws: MergeRefusal("the sum is beyond 64 bits")) {
      try Merge<Int64>.counter().merged(base: 0, ours: .max, theirs: 1)
    }
    #expect(throws: MergeRefusal("nobody knows: not equal")) {
      try Merge<Int>.idempotent.describing { "nobody knows: \($0)" }.merged(
        base: nil, ours: 1, theirs: 2)
    }
  }

  @Test func sumsThatOnlyPassTheBounds() throws {
    #expect(
      try Merge<Int8>.counter().merged(base: 100, ours: 127, theirs: 90) == 117)
    #expect(try Merge<UInt8>.counter().merged(base: 200, ours: 250, theirs: 150) == 200)
  }

  // MARK: Content types

  private func merged(
    _ merge: ContentMerge, _ base: String?, _ ours: String, _ theirs: String
  ) -> String? {
    let result = try? merge.merged(
      base: base.map { Bytes($0.utf8) }, ours: Bytes(ours.utf8), theirs: Bytes(theirs.utf8))
    return result.map { String(decoding: $0, as: UTF8.self) }
  }

  @Test func types() {
    #expect(merged(.counter, "5\n", "7\n", "4\n") == "6\n")
    #expect(merged(.counter, nil, "7\n", "4\n") == "11\n")
    #expect(merged(.counter, "5\n", "x", "4\n") == nil)
    #expect(merged(.lineSet, "a\nb\n", "a\nc\n", "b\nd\n") == "c\nd\n")
    #expect(merged(.lineLog, "a\n", "a\nb\n", "a\nc\n") == "a\nb\nc\n")
    #expect(merged(.lineLog, "a\n", "b\n", "a\nc\n") == nil)
    #expect(merged(.register, "1\nx", "3\na", "2\nb") == "3\na")
    #expect(merged(.register, "1\nx", "3\na", "3\nb") == "3\nb")
    #expect(
      merged(.json, #"{"a":1,"b":1}"#, #"{"a":2,"b":1}"#, #"{"a":1,"b":2}"#) == #"{"a":2,"b":2}"#)
    // What a side has written stays as it wrote it.
    #expect(merged(.json, #"{"a":1}"#, #"{ "a": 2.50 }"#, #"{"a":1 }"#) == #"{ "a": 2.50 }"#)
    #expect(merged(.json, nil, "{", "{}") == nil)
    #expect(
      merged(.json(arrays: .sets), "[1,2]", "[1,2,3]", "[2,4]") == "[2,3,4]")
    #expect(
      merged(
        .json(arrays: .keyed(by: "id")), #"[{"id":1,"n":0},{"id":2,"n":0}]"#,
        #"[{"id":1,"n":1},{"id":2,"n":0}]"#, #"[{"id":2,"n":2},{"id":3,"n":0}]"#) == nil)
    #expect(
      merged(
        .json(arrays: .keyed(by: "id")), #"[{"id":1,"n":0},{"id":2,"n":0}]"#,
        #"[{"id":1,"n":1},{"id":2,"n":0}]"#, #"[{"id":1,"n":0},{"id":2,"n":2},{"id":3,"n":0}]"#)
        == #"[{"id":1,"n":1},{"id":2,"n":2},{"id":3,"n":0}]"#)
    #expect(merged(.text, "a\u{0}b", "a\u{0}c", "a\u{0}d") == nil)
    #expect(merged(.bytes, "a", "b", "a") == "b")
    #expect(merged(.bytes, "a", "b", "c") == nil)
  }

  @Test func longTextsWithNothingInCommon() throws {
    let lines = (0..<20_000).map { "\($0)\n" }
    let other = (0..<20_000).map { "\($0 % 100) x\n" }
    let base = lines.joined()
    #expect(merged(.text, base, other.joined(), base) == other.joined())
    #expect(merged(.text, base, base + "end\n", "start\n" + base) == "start\n" + base + "end\n")
    let many = (0..<20_000).map { "\($0 % 7)\n" }.joined()
    #expect(merged(.text, many, many + "end\n", "start\n" + many) == "start\n" + many + "end\n")
  }

  // MARK: Patterns

  @Test(arguments: [
    ("*.json", "a.json", true), ("*.json", "d/e/a.json", true), ("*.json", "a.jsonx", false),
    ("/*.json", "a.json", true), ("/*.json", "d/a.json", false), ("d/*", "d/a", true),
    ("d/*", "d/a/b", false), ("d/**", "d/a/b", true), ("d/**", "d", false), ("**/x", "x", true),
    ("**/x", "a/b/x", true), ("a/**/x", "a/x", true), ("a/**/x", "a/b/c/x", true),
    ("a/**/x", "a/b/c/y", false), ("[a-c]?", "bz", true), ("[!a-c]?", "bz", false),
    ("[!a-c]?", "dz", true), ("[]x]", "]", true), ("\\*", "*", true), ("\\*", "a", false),
    ("a*b*c", "axxbxxc", true), ("a*b*c", "axxbxx", false), ("**", "a/b", true), ("*", "a/b", true),
    ("a*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac", false),
  ])
  func patterns(_ pattern: String, _ path: String, _ matches: Bool) throws {
    #expect(try PathPattern(pattern).matches(Path(path)) == matches)
  }

  @Test(arguments: ["", "a//b", "[a", "a\\", "a/"])
  func badPatterns(_ pattern: String) {
    #expect(throws: PathPattern.Malformed.self) { try PathPattern(pattern) }
  }

  @Test func theFirstRuleCounts() throws {
    let rules = try MergeRules(
      ["*.json": .json, "stats/**": .counter, "*": .text], otherwise: .bytes)
    #expect(rules.merge(at: "a/b.json").name == "json")
    #expect(rules.merge(at: "stats/x.json").name == "json")
    #expect(rules.merge(at: "stats/x").name == "counter")
    #expect(rules.merge(at: "readme").name == "text")
  }
}
