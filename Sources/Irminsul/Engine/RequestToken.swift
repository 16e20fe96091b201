import RedisScripting

/// What a store knows a write by, so that one that is sent again is not made again.
///
/// Every write has one of its own accord, for the time that a lost answer is asked for again. A
/// program that must know after its own crash whether a write was made keeps a token before the
/// write, and makes the same write with it once more:
///
/// ```swift
/// let token = repository.makeToken()
/// try save(token)  // Codable
/// try await branch.commit(edits, "Once", token: token)
/// ```
///
/// Tokens are remembered for at least a minute, or for a million commits if those come sooner; a
/// write that comes again after that is refused with ``StoreError/outcomeUnknown(branch:)``, never
/// made twice.
public struct RequestToken: Sendable, Hashable, Codable {
  let bytes: Bytes
  /// The newest position of the log that was known when the token was made.
  let position: Int64

  init(position: Int64) {
    var random = SystemRandomNumberGenerator()
    bytes = withUnsafeBytes(of: (random.next(), random.next()) as (UInt64, UInt64)) { Bytes($0) }
    self.position = position
  }
}
