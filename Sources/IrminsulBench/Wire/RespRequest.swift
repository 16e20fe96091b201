import RedisScripting

/// Bytes of commands, one after another, as they go to a server.
struct RespRequest {
  private(set) var bytes: Bytes = []

  var count: Int { bytes.count }

  mutating func append(_ words: Bytes...) { append(words) }

  mutating func append(_ words: [Bytes]) {
    number(UInt8(ascii: "*"), words.count)
    for word in words {
      number(UInt8(ascii: "$"), word.count)
      bytes.append(contentsOf: word)
      bytes.append(UInt8(ascii: "\r"))
      bytes.append(UInt8(ascii: "\n"))
    }
  }

  mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

  private mutating func number(_ marker: UInt8, _ value: Int) {
    bytes.append(marker)
    bytes.append(contentsOf: String(value).utf8)
    bytes.append(UInt8(ascii: "\r"))
    bytes.append(UInt8(ascii: "\n"))
  }
}
