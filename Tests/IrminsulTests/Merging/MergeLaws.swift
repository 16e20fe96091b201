import Irminsul
import Testing

/// What every merge of values must do, checked on values that a seed repeats.
struct MergeLaws<Value: Sendable> {
  /// What becomes of two equal changes.
  enum EqualChanges {
    case agree
    case refused
    /// Something else: two increments are two.
    case counted
  }

  let merge: Merge<Value>
  var equalChanges = EqualChanges.agree
  /// What must not depend on which side is which; of lists that is not their order.
  var isAlike: (Value, Value) -> Bool
  let isEqual: (Value, Value) -> Bool
  let value: (inout RandomWorkload.Generator) -> Value

  init(
    _ merge: Merge<Value>, equalChanges: EqualChanges = .agree,
    isEqual: @escaping (Value, Value) -> Bool, isAlike: ((Value, Value) -> Bool)? = nil,
    _ value: @escaping (inout RandomWorkload.Generator) -> Value
  ) {
    self.merge = merge
    self.equalChanges = equalChanges
    self.isEqual = isEqual
    self.isAlike = isAlike ?? isEqual
    self.value = value
  }

  /// Holds the laws on 500 triples.
  ///
  /// - Parameter mustRefuse: Whether some of them must be refused, too; nil: either.
  func check(
    mustRefuse: Bool? = nil, _ location: SourceLocation = #_sourceLocation
  ) {
    var generator = RandomWorkload.Generator(state: 7)
    var (merged, refused) = (0, 0)
    func expect(_ found: Value?, is wanted: Value, _ law: Comment) {
      #expect(
        found.map { isEqual($0, wanted) } == true,
        "\(law): \(String(describing: found)), \(wanted)",
        sourceLocation: location)
    }
    for _ in 0..<500 {
      let (base, one, two) = (value(&generator), value(&generator), value(&generator))
      expect(try? merge.merged(base: base, ours: base, theirs: one), is: one, "theirs alone")
      expect(try? merge.merged(base: base, ours: one, theirs: base), is: one, "ours alone")
      if !isEqual(base, one) {
        let same = try? merge.merged(base: base, ours: one, theirs: one)
        switch equalChanges {
        case .agree: expect(same, is: one, "equal changes")
        case .refused: #expect(same == nil, sourceLocation: location)
        case .counted: break
        }
      }
      for base in [base, nil] {
        let forth = try? merge.merged(base: base, ours: one, theirs: two)
        let back = try? merge.merged(base: base, ours: two, theirs: one)
        switch (forth, back) {
        case (let forth?, let back?):
          merged += 1
          #expect(
            isAlike(forth, back), "\(String(describing: base)) \(one) \(two)",
            sourceLocation: location)
        case (nil, nil): refused += 1
        default:
          Issue.record(
            "refused one way alone: \(String(describing: base)) \(one) \(two)",
            sourceLocation: location)
        }
      }
    }
    #expect(merged > 0, sourceLocation: location)
    if let mustRefuse { #expect((refused > 0) == mustRefuse, sourceLocation: location) }
  }
}

extension MergeLaws where Value: Equatable {
  init(
    _ merge: Merge<Value>, equalChanges: EqualChanges = .agree,
    isAlike: ((Value, Value) -> Bool)? = nil,
    _ value: @escaping (inout RandomWorkload.Generator) -> Value
  ) {
    self.init(merge, equalChanges: equalChanges, isEqual: ==, isAlike: isAlike, value)
  }
}

/// Small random values that often meet.
enum RandomValues {
  static func few(_ generator: inout RandomWorkload.Generator) -> Int {
    Int.random(in: 0..<4, using: &generator)
  }

  static func some(_ generator: inout RandomWorkload.Generator) -> [Int] {
    (0..<6).filter { _ in Bool.random(using: &generator) }
  }

  static func shuffled(_ generator: inout RandomWorkload.Generator) -> [Int] {
    Bool.random(using: &generator)
      ? some(&generator) : some(&generator).shuffled(using: &generator)
  }

  static func dictionary(_ generator: inout RandomWorkload.Generator) -> [String: Int] {
    Dictionary(uniqueKeysWithValues: some(&generator).map { ("k\($0)", few(&generator)) })
  }

  static func json(_ generator: inout RandomWorkload.Generator) -> JSON {
    .object([
      "a": .integer(Int64(few(&generator))),
      "b": .object(dictionary(&generator).mapValues { .integer(Int64($0)) }),
      "c": .array(shuffled(&generator).map { .integer(Int64($0)) }),
      "d": .array(
        shuffled(&generator).map { ["id": .integer(Int64($0)), "n": .integer(Int64($0 / 3))] }),
    ])
  }

  /// Objects that differ in few members, so that changes seldom meet.
  static func nearJSON(_ generator: inout RandomWorkload.Generator) -> JSON {
    guard case .object(let other) = json(&generator) else { return .null }
    var members: [String: JSON] = ["a": 0, "b": ["k0": 1], "c": [1, 2], "d": []]
    for name in ["a", "b", "c", "d"] where Int.random(in: 0..<4, using: &generator) == 0 {
      members[name] = other[name]
    }
    return .object(members)
  }
}
