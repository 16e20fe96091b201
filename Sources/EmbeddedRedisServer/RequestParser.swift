import EmbeddedRedis
import RedisScripting

/// Reads requests out of the bytes of a connection: arrays of bulk strings, and plain lines.
///
/// Source: https://redis.io/docs/latest/develop/reference/protocol-spec/ and what Redis 7.0 answers.
struct RequestParser {
  /// What no client may send; the connection ends with it.
  struct Failure: Error {
    let message: String
  }

  private static let longestLine = 64 << 10

  private var input: Bytes = []
  private var position = 0
  /// How many words of an array are still to come.
  private var missing = 0
  /// The length of the next one, if it has come.
  private var length: Int?
  private var words: [Bytes] = []
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
    if missing == 0 {
      guard position < input.count else { return nil }
      guard input[position] == 0x2a else { return try plainLine() }
      guard let count = try number("too big mbulk count string") else { return nil }
      guard let count, count <= Int64(Int32.max) else {
        throw Failure(message: "ERR Protocol error: invalid multibulk length")
      }
      missing = max(0, Int(count))
    }
    while missing > 0 {
      guard let word = try word() else { return nil }
      words.append(word)
      missing -= 1
    }
    defer { words = [] }
    return words
  }

  private mutating func plainLine() throws(Failure) -> [Bytes]? {
    guard let end = input[position...].firstIndex(of: 0x0a) else {
      guard input.count - position <= Self.longestLine else {
        throw Failure(message: "ERR Protocol error: too big inline request")
      }
      return nil
    }
    let line = input[position..<end]
    position = end + 1
    guard let words = QuotedWords.split(line.last == 0x0d ? line.dropLast() : line) else {
      throw Failure(message: "ERR Protocol error: unbalanced quotes in request")
    }
    return words
  }

  private mutating func word() throws(Failure) -> Bytes? {
    if length == nil {
      guard position < input.count else { return nil }
      guard input[position] == 0x24 else {
        let found = String(UnicodeScalar(input[position]))
        throw Failure(message: "ERR Protocol error: expected '$', got '\(found)'")
      }
      guard let count = try number("too big bulk count string") else { return nil }
      guard let count, count >= 0, count <= Int64(largestWord) else {
        throw Failure(message: "ERR Protocol error: invalid bulk length")
      }
      length = Int(count)
    }
    guard let length, input.count - position >= length + 2 else { return nil }
    defer {
      position += length + 2
      self.length = nil
    }
    return Bytes(input[position..<position + length])
  }

  /// The number after a sign, up to the end of the line; nil when that has not come, and within that nil for what
  /// is no number.
  private mutating func number(_ complaint: String) throws(Failure) -> Int64?? {
    guard let end = input[position...].firstIndex(of: 0x0d), end + 1 < input.count else {
      guard input.count - position <= Self.longestLine else {
        throw Failure(message: "ERR Protocol error: \(complaint)")
      }
      return nil
    }
    defer { position = end + 2 }
    return .some(Int64(redis: input[(position + 1)..<end]))
  }
}
