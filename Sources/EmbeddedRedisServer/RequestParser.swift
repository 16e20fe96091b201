import EmbeddedRedis
import RedisScripting

/// Reads requests out of the bytes of a connection: arrays of bulk strings, and plain lines.
///
/// Source: https://redis.io/docs/latest/develop/reference/protocol-spec/
struct RequestParser {
  /// What no client may send; the connection ends with it.
  struct Failure: Error {
    let message: String
  }

  private static let longestLine = 64 << 10
  private static let mostWords = 1 << 20

  private var input: Bytes = []
  private var position = 0
  let largestWord: Int

  init(largestWord: Int) { self.largestWord = largestWord }

  mutating func append(_ bytes: some Sequence<UInt8>) {
    if position > 0, position == input.count || position > 1 << 20 {
      input.removeFirst(position)
      position = 0
    }
    input.append(contentsOf: bytes)
  }

  /// The next whole request; nil when more bytes must come. An empty one is to be ignored.
  mutating func next() throws(Failure) -> [Bytes]? {
    var cursor = position
    guard let line = try line(&cursor) else { return nil }
    guard line.first == 0x2a else {
      position = cursor
      guard let words = QuotedWords.split(line) else {
        throw Failure(message: "ERR Protocol error: unbalanced quotes in request")
      }
      return words
    }
    guard let count = Self.number(line.dropFirst()), count <= Self.mostWords else {
      throw Failure(message: "ERR Protocol error: invalid multibulk length")
    }
    var words: [Bytes] = []
    for _ in 0..<max(0, count) {
      guard let head = try self.line(&cursor) else { return nil }
      guard head.first == 0x24 else {
        let found = head.first.map { String(UnicodeScalar($0)) } ?? ""
        throw Failure(message: "ERR Protocol error: expected '$', got '\(found)'")
      }
      guard let length = Self.number(head.dropFirst()), length >= 0, length <= largestWord else {
        throw Failure(message: "ERR Protocol error: invalid bulk length")
      }
      guard input.count - cursor >= length + 2 else { return nil }
      words.append(Bytes(input[cursor..<cursor + length]))
      cursor += length + 2
    }
    position = cursor
    return words
  }

  private func line(_ cursor: inout Int) throws(Failure) -> ArraySlice<UInt8>? {
    guard let end = input[cursor...].firstIndex(of: 0x0a) else {
      guard input.count - cursor <= Self.longestLine else {
        throw Failure(message: "ERR Protocol error: too big inline request")
      }
      return nil
    }
    let line = input[cursor..<end]
    cursor = end + 1
    return line.last == 0x0d ? line.dropLast() : line
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
    Int(String(decoding: digits, as: UTF8.self))
  }
}
