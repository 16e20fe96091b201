/// A time in which all writers of all processes write. What they write differs from round to round.
struct Round: Codable, Sendable {
  /// When a round ends.
  enum Limit: Codable, Sendable {
    case seconds(Double)
    /// After so many commits of one process.
    case commits(Int)
  }

  let number: Int
  let limit: Limit

  /// What a writer writes as its n-th value.
  func value(writer: Int, number: Int) -> String {
    "writer \(writer) round \(self.number) number \(number)"
  }
}
