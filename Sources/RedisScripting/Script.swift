import Crypto

/// A Lua script that a server runs atomically, known to it by the SHA-1 of its text.
///
/// Source: https://redis.io/docs/latest/develop/interact/programmability/eval-intro/
public struct Script: Sendable, Hashable {
  /// Whether a script may write. A host may run readers beside a writer.
  public enum Access: Sendable {
    case read
    case write
  }

  /// The name for messages: the file's name without `.lua`.
  public let name: String
  /// What each of KEYS is, in order. A call gives as many keys.
  public let keys: [String]
  public let access: Access
  /// The complete Lua text.
  public let source: String
  /// The SHA-1 of the text in lower-case hexadecimal, as EVALSHA takes it.
  public let sha1: String

  public init(name: String, keys: [String], access: Access, source: String) {
    self.name = name
    self.keys = keys
    self.access = access
    self.source = source
    let digits = Array("0123456789abcdef".utf8)
    sha1 = String(
      decoding: Insecure.SHA1.hash(data: Array(source.utf8)).flatMap {
        [digits[Int($0 >> 4)], digits[Int($0 & 15)]]
      }, as: UTF8.self)
  }

  public static func == (left: Script, right: Script) -> Bool { left.sha1 == right.sha1 }

  public func hash(into hasher: inout Hasher) { hasher.combine(sha1) }
}
