/// Finds the commands in a stream of RESP requests.
struct RequestReader {
  private var bytes: [UInt8] = []

  struct Request {
    let words: [String]
    let bytes: [UInt8]
  }

  /// The words of the commands that are complete with these bytes.
  mutating func feed(_ more: [UInt8]) -> [[String]] { requests(more).map(\.words) }

  /// The commands that are complete with these bytes.
  mutating func requests(_ more: [UInt8]) -> [Request] {
    bytes += more
    var requests: [Request] = []
    var rest = bytes[...]
    while let length = RawRedisClient.length(of: rest) {
      let request = rest.prefix(length)
      requests.append(Request(words: Self.words(request), bytes: Array(request)))
      rest = rest.dropFirst(length)
    }
    bytes = Array(rest)
    return requests
  }

  private static func words(_ request: ArraySlice<UInt8>) -> [String] {
    var words: [String] = []
    let newline = UInt8(ascii: "\n")
    var rest = request.drop { $0 != newline }.dropFirst()
    while let header = rest.firstIndex(of: newline) {
      let digits = rest[..<header].dropFirst().dropLast()
      guard let count = Int(String(decoding: digits, as: UTF8.self)), count >= 0 else { break }
      let content = rest[(header + 1)...].prefix(count)
      words.append(String(decoding: content, as: UTF8.self))
      rest = rest[(header + 1)...].dropFirst(count + 2)
    }
    return words
  }
}
