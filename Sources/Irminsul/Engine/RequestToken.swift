import RedisScripting
import Synchronization

/// What a store knows a write by, so that one that is sent again is not made again.
///
/// Every write has one of its own accord, for the time that a lost answer is asked for again. A
/// program that must know after its own crash whether a write was made keeps a token before the
/// write, and makes the same write with it once more:
///
/// ```swift
/// let token = try await repository.makeToken()
/// try save(token)  // Codable
/// try await branch.commit(edits, "Once", token: token)
/// ```
///
/// On a server tokens are remembered for at least a minute, or for a million commits if those come
/// sooner, in a file or in memory for ten thousand commits; a write that comes again after that is
/// refused with ``StoreError/outcomeUnknown(branch:)``, never made twice.
///
/// A token stands for one write: the same branches, paths, actions and values, whoever is its author and
/// whenever it comes. It is answered as it was at first, also that it met a conflict or had nothing to
/// do. Another write with the token is refused with ``StoreError/tokenReused(branch:)``.
public struct RequestToken: Sendable, Hashable, Codable {
  let bytes: Bytes
  /// The newest position of the log that was known when the token was made.
  let position: Int64

  /// Of this process, and where its count begins: the system is asked for them once, not for each
  /// write.
  private static let seed = (
    prefix: UInt64.random(in: 0 ... .max), first: UInt64.random(in: 0 ... .max)
  )
  private static let count = Atomic<UInt64>(0)

  private enum CodingKeys: String, CodingKey {
    case bytes, position
  }

  /// - Throws: `DecodingError` for what no token was encoded as.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    bytes = try values.decode(Bytes.self, forKey: .bytes)
    position = try values.decode(Int64.self, forKey: .position)
    guard bytes.count == 16, position >= 0 else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "this is no request token"))
    }
  }

  init(position: Int64) {
    let number = Self.count.wrappingAdd(1, ordering: .relaxed).newValue &+ Self.seed.first
    bytes = withUnsafeBytes(of: (Self.seed.prefix, number)) { Bytes($0) }
    self.position = position
  }
}
