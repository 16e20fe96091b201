import RedisScripting

/// A number that everybody may add to, on every branch: merges add up what each branch has added.
///
/// ```swift
/// let visits = branch.counter(at: "visits")
/// try await visits.increment(by: 2)
/// try await visits.decrement()
/// print(try await visits.value())
/// ```
///
/// The server adds each amount to what is there: writers never wait for one another or try again.
/// The blob is a line with the number and a mark of 16 hexadecimal digits, which every change makes
/// anew. So two branches that have both gone from 5 to 6 differ, and their merge is 7; of plain
/// ``Counter``s it would be 6. A plain counter at the path is taken over with its number.
///
/// Source: irmin-containers' `Counter`, where each increment is a read and a write.
public struct SharedCounter: Container {
  public let branch: Branch
  public let path: Path

  public var mergeRules: [(pattern: PathPattern, merge: ContentMerge)] {
    [(PathPattern(exactly: path), .tally)]
  }

  /// The number; 0 when nothing is there. One round trip.
  ///
  /// - Throws: ``StoreError/undecodable(_:at:type:reason:)``.
  public func value() async throws -> Int64 {
    try await branch.find(path, as: Tally.self)?.value ?? 0
  }

  /// Adds to the number. One round trip.
  ///
  /// - Throws: ``StoreError/conflict(branch:_:)`` when something else is at the path, or the sum is
  ///   beyond 64 bits.
  @discardableResult
  public func increment(by amount: Int64 = 1, _ info: Info? = nil) async throws -> WriteResult {
    try await branch.commit([edit(adding: amount)], self.info(info, "Increment"))
  }

  /// Takes from the number. As ``increment(by:_:)``.
  @discardableResult
  public func decrement(by amount: Int64 = 1, _ info: Info? = nil) async throws -> WriteResult {
    guard amount != .min else {
      throw StoreError.unencodable(type: "Int64", reason: "\(amount) cannot be taken away")
    }
    return try await branch.commit([edit(adding: -amount)], self.info(info, "Decrement"))
  }

  /// An addition as an edit, for a commit that does more:
  /// ``Branch/commit(_:_:parents:emptyCommit:token:)``.
  public func edit(adding amount: Int64) -> BranchEdit { .tally(path, by: amount) }
}

extension Branch {
  /// The counter at a path; it need not be there yet.
  public func counter(at path: Path) -> SharedCounter { SharedCounter(branch: self, path: path) }
}
