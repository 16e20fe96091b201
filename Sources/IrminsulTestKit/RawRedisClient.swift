/// A few commands over a blocking socket, for fixtures only.
struct RawRedisClient {
  private let socket: PlainSocket

  init(unixPath: String, password: String?) throws {
    socket = try PlainSocket(unixPath: unixPath)
    if let password { _ = try command(["AUTH", password]) }
  }

  /// Sends a command and reads one reply.
  ///
  /// - Returns: The reply with its RESP markers.
  func command(_ words: [String]) throws -> String {
    var text = "*\(words.count)\r\n"
    for word in words { text += "$\(word.utf8.count)\r\n\(word)\r\n" }
    guard socket.write(text.utf8) else { throw FixtureError("the server closed the connection") }
    var reply: [UInt8] = []
    while Self.length(of: reply[...]) == nil {
      let bytes = socket.read()
      guard !bytes.isEmpty else { throw FixtureError("the server closed the connection") }
      reply += bytes
    }
    return String(decoding: reply, as: UTF8.self)
  }

  /// How many bytes the first RESP value has; nil when it is not complete.
  static func length(of bytes: ArraySlice<UInt8>) -> Int? {
    guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
    let header = end + 1 - bytes.startIndex
    let digits = bytes[bytes.startIndex + 1..<max(end - 1, bytes.startIndex + 1)]
    let number = Int(String(decoding: digits, as: UTF8.self)) ?? 0
    switch bytes[bytes.startIndex] {
    case UInt8(ascii: "$"):
      let length = number < 0 ? header : header + number + 2
      return length <= bytes.count ? length : nil
    case UInt8(ascii: "*"):
      var length = header
      for _ in 0..<max(number, 0) {
        guard let next = Self.length(of: bytes[(bytes.startIndex + length)...]) else { return nil }
        length += next
      }
      return length
    default: return header
    }
  }
}
