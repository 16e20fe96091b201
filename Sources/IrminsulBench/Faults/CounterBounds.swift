/// A counter, and what it may be by the records.
struct CounterBounds: Codable, Sendable, Equatable {
  let path: String
  /// What the store holds.
  let value: Int64
  /// The sum of the acknowledged increments.
  let least: Int64
  /// The same with those whose outcome is unknown.
  let most: Int64

  var holds: Bool { least <= value && value <= most }
}
