import Irminsul
import Testing

/// The laws of every merge that the library makes.
@Suite struct MergeLawTests {
  private struct Stamped: Equatable, Hashable, Sendable {
    var time: Int
    var value: Int
  }

  private struct Job: Codable, Equatable, Sendable {
    var title: Int
    var runs: Int
    var tags: Set<Int>
    var note: Int?
    var owner: String

    init(_ generator: inout RandomWorkload.Generator) {
      title = RandomValues.few(&generator)
      runs = RandomValues.few(&generator)
      tags = Set(RandomValues.some(&generator))
      note = Bool.random(using: &generator) ? RandomValues.few(&generator) : nil
      owner = Bool.random(using: &generator) ? "ada" : "bob"
    }

    /// Jobs that differ in few members, so that changes seldom meet.
    static func near(_ generator: inout RandomWorkload.Generator) -> Job {
      let other = Job(&generator)
      var state = RandomWorkload.Generator(state: 5)
      var job = Job(&state)
      switch Int.random(in: 0..<4, using: &generator) {
      case 0: job.title = other.title
      case 1: job.tags = other.tags
      case 2: job.note = other.note
      default: job.owner = other.owner
      }
      return job
    }
  }

  @Test func ofScalars() {
    MergeLaws(.default, equalChanges: .refused, RandomValues.few).check(mustRefuse: true)
    MergeLaws(.idempotent, RandomValues.few).check(mustRefuse: true)
    MergeLaws(Merge<Int>.counter(), equalChanges: .counted, RandomValues.few)
      .check(mustRefuse: false)
    MergeLaws(Merge<UInt8>.counter(), equalChanges: .counted) { .random(in: 0...255, using: &$0) }
      .check(mustRefuse: true)
    MergeLaws(Merge<Int8>.counter(), equalChanges: .counted) { .random(in: -128...127, using: &$0) }
      .check(mustRefuse: true)
    MergeLaws(Merge<Stamped>.lastWriter(at: \.time, thenBy: \.value)) {
      Stamped(time: RandomValues.few(&$0), value: RandomValues.few(&$0))
    }.check(mustRefuse: false)
    // A tie that tells nothing is refused both ways, not left to the side.
    MergeLaws(Merge<Stamped>.lastWriter(at: \.time, thenBy: { _ in 0 })) {
      Stamped(time: RandomValues.few(&$0), value: RandomValues.few(&$0))
    }.check(mustRefuse: true)
  }

  @Test func ofMergesOfMerges() {
    let maybe: (inout RandomWorkload.Generator) -> Int? = {
      Bool.random(using: &$0) ? RandomValues.few(&$0) : nil
    }
    MergeLaws(Merge<Int>.idempotent.option, maybe).check(mustRefuse: true)
    MergeLaws(Merge<Int>.counter().option, equalChanges: .counted, maybe).check(mustRefuse: true)
    MergeLaws(Merge<Int>.idempotent.option.option) {
      Bool.random(using: &$0) ? .some(maybe(&$0)) : nil
    }.check(mustRefuse: true)
    MergeLaws(Merge.first(of: [.default, .idempotent]), RandomValues.few).check(mustRefuse: true)
    MergeLaws(
      Merge<Int>.idempotent.like(to: { $0.count }, from: { [Int](repeating: 0, count: $0) })
    ) { [Int](repeating: 0, count: RandomValues.few(&$0)) }.check(mustRefuse: true)
    MergeLaws(Merge<Int>.idempotent.describing { "in other words: \($0)" }, RandomValues.few)
      .check(mustRefuse: true)
    // One that takes the greater, with no thought for the base.
    MergeLaws(
      Merge { _, ours, theirs throws(MergeRefusal) in max(ours, theirs) }.whereBothChanged,
      RandomValues.few
    ).check(mustRefuse: false)
  }

  @Test func ofProducts() {
    MergeLaws(
      Merge<(Int, Int)>.pair(.idempotent, .counter()), equalChanges: .counted, isEqual: ==
    ) { (RandomValues.few(&$0), RandomValues.few(&$0)) }.check(mustRefuse: true)
    MergeLaws(
      Merge<(Int, Set<Int>, Int)>.triple(.idempotent, .set(), .idempotent), isEqual: ==
    ) { (RandomValues.few(&$0), Set(RandomValues.some(&$0)), RandomValues.few(&$0)) }
    .check(mustRefuse: true)
    MergeLaws(Merge<Job>.members(.init(\.tags, .set()), .init(\.title, .idempotent)), Job.init)
      .check(mustRefuse: true)
    MergeLaws(
      Merge<Job>.members(.init(\.runs, .counter()), .init(\.tags, .set())), equalChanges: .counted,
      Job.init
    ).check(mustRefuse: true)
    MergeLaws(Merge<Job>.members(), Job.near).check(mustRefuse: true)
    MergeLaws(Merge<Job>.codable(arrays: .sets), Job.near).check(mustRefuse: true)
    MergeLaws(
      Merge<Job>.codable(arrays: .sets, members: ["/runs": .number, "/title": .number]),
      equalChanges: .counted, Job.init
    ).check(mustRefuse: true)
  }

  @Test func ofCollections() {
    MergeLaws(Merge<Set<Int>>.set()) { Set(RandomValues.some(&$0)) }.check(mustRefuse: false)
    MergeLaws(Merge<[String: Int]>.multiset(), equalChanges: .counted) {
      RandomValues.dictionary(&$0).filter { $0.value != 0 }
    }.check(mustRefuse: false)
    MergeLaws(.dictionary(of: .idempotent), RandomValues.dictionary).check(mustRefuse: true)
    MergeLaws(.dictionary(of: .counter()), equalChanges: .counted, RandomValues.dictionary)
      .check(mustRefuse: true)
    MergeLaws(.dictionary(ofOptional: Merge<Int>.idempotent.option), RandomValues.dictionary)
      .check(mustRefuse: true)
    MergeLaws(
      Merge<[Int]>.list(keyedBy: { $0 }, of: .idempotent), isAlike: { $0.sorted() == $1.sorted() },
      RandomValues.shuffled
    ).check(mustRefuse: false)
  }

  @Test func ofJSON() {
    MergeLaws(.json(), RandomValues.nearJSON).check(mustRefuse: true)
    MergeLaws(.json(arrays: .elements), RandomValues.nearJSON).check(mustRefuse: true)
    // Of a dictionary no two descriptions need be alike.
    func text(_ value: JSON) -> String {
      guard case .object(let members) = value else { return "\(value)" }
      return members.sorted { $0.key < $1.key }.map { "\($0.key) \(text($0.value))" }
        .joined(separator: ",")
    }
    // Sides show in the order of elements alone.
    func sorted(_ value: JSON) -> JSON {
      switch value {
      case .array(let elements): .array(elements.map(sorted).sorted { text($0) < text($1) })
      case .object(let members): .object(members.mapValues(sorted))
      default: value
      }
    }
    for arrays in [JSONArrays.sets, .keyed(by: "id")] {
      MergeLaws(
        .json(arrays: arrays), isAlike: { sorted($0) == sorted($1) },
        { generator in
          guard case .object(var members) = RandomValues.json(&generator) else { return .null }
          // Of both kinds of arrays the one that this way of merging is for.
          members[arrays == .sets ? "d" : "c"] = nil
          members["a"] = nil
          return .object(members)
        }
      ).check()
    }
  }

  /// Nothing that a side has added goes, unless the other has removed it.
  @Test func noAdditionIsLost() throws {
    var generator = RandomWorkload.Generator(state: 23)
    for _ in 0..<1000 {
      let (base, ours, theirs) = (
        Set(RandomValues.some(&generator)), Set(RandomValues.some(&generator)),
        Set(RandomValues.some(&generator))
      )
      let merged = try Merge<Set<Int>>.set().merged(base: base, ours: ours, theirs: theirs)
      #expect(merged.isSuperset(of: ours.subtracting(base)))
      #expect(merged.isSuperset(of: theirs.subtracting(base)))
      #expect(merged.isSuperset(of: ours.intersection(theirs)))
      #expect(merged.isDisjoint(with: base.subtracting(ours)))
      #expect(merged.isDisjoint(with: base.subtracting(theirs)))
      #expect(merged.isSubset(of: ours.union(theirs)))
      let list = try Merge<[Int]>.list(keyedBy: { $0 }, of: .idempotent).merged(
        base: Array(base), ours: Array(ours), theirs: Array(theirs))
      #expect(Set(list) == merged && list.count == merged.count)
      func array(_ set: Set<Int>) -> JSON { .array(set.map { .integer(Int64($0)) }) }
      guard
        case .array(let elements) = try Merge<JSON>.json(arrays: .sets).merged(
          base: array(base), ours: array(ours), theirs: array(theirs))
      else { throw MergeRefusal("no array") }
      #expect(Set(elements) == Set(merged.map { .integer(Int64($0)) }))
    }
  }
}
