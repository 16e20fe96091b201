import GitObjects

/// One change of a ref, as the log keeps it.
public struct RefEvent: Sendable, Hashable {
  /// Its place in the log; consecutive, counted from 1.
  public let position: Int64
  /// The full name of the ref, such as `refs/heads/main`.
  public let ref: String
  /// nil when the ref was created.
  public let old: ObjectID?
  /// nil when the ref was removed.
  public let new: ObjectID?
  /// Milliseconds since 1970, by the server's clock.
  public let milliseconds: Int64

  /// The branch's short name; nil for other refs.
  public var branch: String? { Branch.name(ofRef: ref) }
}

/// Ref changes in order, pulled by their reader: each is given once, none is skipped.
struct RefChangeFeed: Sendable {
  /// The position that the first batch comes after.
  let start: Int64
  /// At least one change after a position, and the position that was reached; waits for it.
  let next: @Sendable (_ after: Int64) async throws -> (events: [RefEvent], position: Int64)
}
