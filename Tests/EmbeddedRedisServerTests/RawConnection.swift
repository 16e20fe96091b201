import Foundation
import IrminsulTestKit

/// A client that shows replies as they come over the wire.
final class RawConnection {
  struct Closed: Error {}

  private let socket: PlainSocket
  private var input: [UInt8] = []

  init(port: Int) throws { socket = try PlainSocket(host: "127.0.0.1", port: port) }

  init(unixPath: String) throws { socket = try PlainSocket(unixPath: unixPath) }

  /// The bytes of one reply.
  func reply(to words: [String]) throws -> [UInt8] {
    try send(words)
    return try receive()
  }

  func send(_ words: [String]) throws {
    var request = "*\(words.count)\r\n"
    for word in words { request += "$\(word.utf8.count)\r\n\(word)\r\n" }
    try send(bytes: request)
  }

  func send(bytes: String) throws {
    guard socket.write(bytes.utf8) else { throw Closed() }
  }

  /// All until the other side ends it.
  func receiveAll() -> [UInt8] {
    while true {
      let bytes = socket.read()
      guard !bytes.isEmpty else { return input }
      input += bytes
    }
  }

  /// The next reply.
  func receive() throws -> [UInt8] {
    while true {
      if let length = Self.length(of: input[...]) {
        defer { input.removeFirst(length) }
        return Array(input[..<length])
      }
      let bytes = socket.read()
      guard !bytes.isEmpty else { throw Closed() }
      input += bytes
    }
  }

  /// How many bytes the first value has; nil when it is not complete.
  private static func length(of bytes: ArraySlice<UInt8>) -> Int? {
    guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")), let sign = bytes.first else {
      return nil
    }
    var length = end + 1 - bytes.startIndex
    let digits = bytes[(bytes.startIndex + 1)..<end].filter { $0 != UInt8(ascii: "\r") }
    let number = max(0, Int(String(decoding: digits, as: UTF8.self)) ?? 0)
    switch Character(UnicodeScalar(sign)) {
    case "$", "=":
      if digits.first != UInt8(ascii: "-") { length += number + 2 }
      return length <= bytes.count ? length : nil
    case "*", "~", ">", "%":
      for _ in 0..<(Character(UnicodeScalar(sign)) == "%" ? number * 2 : number) {
        guard let next = Self.length(of: bytes[(bytes.startIndex + length)...]) else { return nil }
        length += next
      }
      return length
    default: return length
    }
  }
}
