import Irminsul
import Testing

/// Merges of values, and the words of their refusals.
@Suite struct CombinatorTests {
  private struct Job: Codable, Equatable, Sendable {
    var title: String
    var runs: Int
    var tags: Set<String>
    var owner = "ada"
  }

  private static let jobs = Merge<Job>.members(
    .init(\.title, .idempotent), .init(\.runs, .counter()), .init(\.tags, .set()))

  @Test func membersAreMergedEachInItsWay() throws {
    let base = Job(title: "a", runs: 1, tags: ["x"])
    let ours = Job(title: "b", runs: 3, tags: ["x", "y"])
    let theirs = Job(title: "a", runs: 2, tags: ["z"])
    #expect(
      try Self.jobs.merged(base: base, ours: ours, theirs: theirs)
        == Job(title: "b", runs: 4, tags: ["y", "z"]))
  }

  @Test func membersWithoutAMergeOfTheirOwnAreNotLost() throws {
    let base = Job(title: "a", runs: 1, tags: [])
    var (ours, theirs) = (base, base)
    ours.runs = 2
    theirs.owner = "bob"
    theirs.runs = 2
    var wanted = theirs
    wanted.runs = 3
    #expect(try Self.jobs.merged(base: base, ours: ours, theirs: theirs) == wanted)
    #expect(try Self.jobs.merged(base: base, ours: theirs, theirs: ours) == wanted)
    ours.owner = "eve"
    ours.title = "b"
    theirs.title = "c"
    #expect(throws: MergeRefusal("other members: not equal; title: not equal")) {
      try Self.jobs.merged(base: base, ours: ours, theirs: theirs)
    }
  }

  @Test func aMemberMayBeNamed() {
    let merge = Merge<Job>.members(.init(\.title, .default, named: "the title"))
    let job = Job(title: "a", runs: 0, tags: [])
    #expect(throws: MergeRefusal("the title: changed on both sides")) {
      try merge.merged(base: nil, ours: job, theirs: job)
    }
  }

  @Test func pairsAndTriples() throws {
    let pair = Merge<(Int, Int)>.pair(.counter(), .idempotent)
    #expect(try pair.merged(base: (1, 1), ours: (2, 1), theirs: (3, 5)) == (4, 5))
    let triple = Merge<(Int, Int, Int)>.triple(.counter(), .idempotent, .counter())
    #expect(try triple.merged(base: nil, ours: (1, 2, 3), theirs: (1, 2, 3)) == (2, 2, 6))
    #expect(throws: MergeRefusal("first: not equal; third: not equal")) {
      try Merge<(Int, Int, Int)>.triple(.idempotent, .idempotent, .idempotent)
        .merged(base: (0, 0, 0), ours: (1, 0, 1), theirs: (2, 3, 2))
    }
  }

  @Test func refusalsNameAllPlaces() {
    #expect(throws: MergeRefusal("k1: not equal; k2: changed here, removed there")) {
      try Merge<[String: Int]>.dictionary(of: .idempotent).merged(
        base: ["k1": 0, "k2": 0], ours: ["k1": 1, "k2": 1], theirs: ["k1": 2])
    }
    #expect(throws: MergeRefusal("a: the sum is beyond 64 bits; b: the sum is beyond 64 bits")) {
      try Merge<[String: Int]>.multiset().merged(
        base: [:], ours: ["a": .max, "b": .min], theirs: ["a": 1, "b": -1])
    }
    #expect(throws: MergeRefusal("x: y: not equal")) {
      try Merge<[String: [String: Int]]>.dictionary(of: .dictionary(of: .idempotent)).merged(
        base: nil, ours: ["x": ["y": 1, "z": 1]], theirs: ["x": ["y": 2]])
    }
    #expect(throws: MergeRefusal("nobody knows: not equal")) {
      try Merge<Int>.idempotent.describing { "nobody knows: \($0)" }.merged(
        base: nil, ours: 1, theirs: 2)
    }
    #expect(throws: MergeRefusal("not equal")) {
      try Merge<Int>.first(of: [.default, .idempotent]).merged(base: 0, ours: 1, theirs: 2)
    }
    #expect(throws: MergeRefusal("nothing merges it")) {
      try Merge<Int>.first(of: []).merged(base: 0, ours: 0, theirs: 0)
    }
  }

  @Test func whatABijectionThrowsIsARefusal() throws {
    struct Odd: Error, CustomStringConvertible { var description: String { "odd" } }
    let merge = Merge<Int>.counter().like(
      to: { (value: Int) in
        if !value.isMultiple(of: 2) { throw Odd() }
        return value / 2
      }, from: { $0 * 2 })
    #expect(try merge.merged(base: 2, ours: 4, theirs: 8) == 10)
    #expect(throws: MergeRefusal("odd")) { try merge.merged(base: 2, ours: 4, theirs: 7) }
  }

  @Test func sumsThatOnlyPassTheBounds() throws {
    #expect(try Merge<Int8>.counter().merged(base: 100, ours: 127, theirs: 90) == 117)
    #expect(try Merge<UInt8>.counter().merged(base: 200, ours: 250, theirs: 150) == 200)
    #expect(try Merge<Int8>.counter().merged(base: -128, ours: 127, theirs: -128) == 127)
    #expect(throws: MergeRefusal("the sum is beyond 64 bits")) {
      try Merge<Int64>.counter().merged(base: 0, ours: .max, theirs: 1)
    }
    #expect(throws: MergeRefusal.self) {
      try Merge<UInt8>.counter().merged(base: 5, ours: 0, theirs: 2)
    }
  }

  @Test func twoEqualIncrementsAreTwo() throws {
    #expect(try Merge<Int>.counter().merged(base: 1, ours: 2, theirs: 2) == 3)
    #expect(
      try Merge<[String: Int]>.multiset().merged(base: ["a": 1], ours: ["a": 2], theirs: ["a": 2])
        == ["a": 3])
  }

  @Test func aDictionaryMayPreferARemoval() throws {
    let merge = Merge<[String: Int]>.dictionary(
      ofOptional: Merge { base, ours, theirs throws(MergeRefusal) in
        let old = base ?? nil
        return old != nil && (ours == nil || theirs == nil) ? nil : ours ?? theirs
      })
    #expect(
      try merge.merged(base: ["a": 1, "b": 1], ours: ["a": 2], theirs: ["b": 2, "c": 3])
        == ["c": 3])
  }

  @Test(arguments: [
    ([1, 2, 3], [1, 2, 3, 4], [0, 1, 2, 3], [0, 1, 2, 3, 4]),
    // Additions at one place: ours first.
    ([1], [1, 2], [1, 3], [1, 2, 3]),
    ([], [1, 2], [3, 4], [1, 2, 3, 4]),
    ([1, 9], [1, 2, 9], [1, 3, 9], [1, 2, 3, 9]),
    // Only one side has reordered, and the other added.
    ([1, 2, 3], [1, 2, 3, 4], [3, 2, 1], [3, 4, 2, 1]),
    ([1, 2, 3], [3, 2, 1], [1, 2, 3, 4], [3, 4, 2, 1]),
    // Both have: ours.
    ([1, 2, 3], [3, 2, 1], [2, 1, 3], [3, 2, 1]),
    ([1, 2, 3], [1, 3], [1, 2], [1]),
  ])
  func listsKeepTheirOrder(_ base: [Int], _ ours: [Int], _ theirs: [Int], _ wanted: [Int]) throws {
    let merge = Merge<[Int]>.list(keyedBy: { $0 }, of: .idempotent)
    #expect(try merge.merged(base: base, ours: ours, theirs: theirs) == wanted)
  }

  @Test func listsWithAKeyTwiceAreRefused() {
    #expect(throws: MergeRefusal("1 is there twice")) {
      try Merge<[Int]>.list(keyedBy: { $0 }, of: .idempotent).merged(
        base: [], ours: [1, 1], theirs: [2])
    }
  }

  @Test func codableMembers() throws {
    let merge = Merge<Job>.codable(arrays: .whole, members: ["/runs": .number])
    let base = Job(title: "a", runs: 1, tags: [])
    let ours = Job(title: "b", runs: 2, tags: [], owner: "ada")
    let theirs = Job(title: "a", runs: 2, tags: [], owner: "bob")
    #expect(
      try merge.merged(base: base, ours: ours, theirs: theirs)
        == Job(title: "b", runs: 3, tags: [], owner: "bob"))
    let other = Job(title: "c", runs: 2, tags: [], owner: "eve")
    #expect(throws: MergeRefusal("not equal at /title")) {
      try merge.merged(base: base, ours: ours, theirs: other)
    }
  }

  /// Two cases of an enum are not one value, though their members do not meet.
  @Test func whatTheTypeDoesNotAcceptIsRefused() {
    enum Shape: Codable, Equatable {
      case circle(radius: Int)
      case square(side: Int)
    }
    #expect(throws: MergeRefusal.self) {
      try Merge<Shape>.codable().merged(
        base: nil, ours: .circle(radius: 1), theirs: .square(side: 1))
    }
  }
}
