import Foundation
import RedisScripting

/// A value that a store keeps in a blob: how it becomes bytes and is read back.
///
/// `[UInt8]`, `String` and ``JSON`` conform. A Codable type conforms by saying so, and is kept as
/// JSON with sorted keys:
///
/// ```swift
/// struct Job: Codable, Contents { var queue: String; var attempts: Int }
/// try await branch.set("jobs/17", to: Job(queue: "mail", attempts: 0), "Enqueue")
/// let job = try await branch.get("jobs/17", as: Job.self)
/// ```
///
/// Source: Irmin's `Contents.S`, without the merge, which is a value of its own.
public protocol Contents: Sendable {
  /// Reads a value from a blob's bytes.
  ///
  /// - Throws: Any error; the store wraps it in ``StoreError/undecodable(_:at:type:reason:)``.
  init(decoding bytes: Bytes) throws

  /// The bytes of the blob.
  func encoded() throws -> Bytes
}

extension Array: Contents where Element == UInt8 {
  public init(decoding bytes: Bytes) { self = bytes }
  public func encoded() -> Bytes { self }
}

extension String: Contents {
  public init(decoding bytes: Bytes) throws {
    guard let text = String(validating: bytes, as: UTF8.self) else { throw NotUTF8() }
    self = text
  }

  public func encoded() -> Bytes { Bytes(utf8) }
}

/// Why a blob is no String.
struct NotUTF8: Error, CustomStringConvertible {
  var description: String { "the bytes are not UTF-8" }
}

extension Contents where Self: Codable {
  public init(decoding bytes: Bytes) throws {
    self = try JSONDecoder().decode(Self.self, from: Data(bytes))
  }

  public func encoded() throws -> Bytes {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return Bytes(try encoder.encode(self))
  }
}
