import RedisScripting

/// Replies as RESP2 has them on the wire.
enum ReplyWriter {
  static func write(_ reply: Reply, to output: inout Bytes) {
    switch reply {
    case .status(let text): line("+", text, to: &output)
    case .error(let error): line("-", error.description, to: &output)
    case .integer(let value): line(":", String(value), to: &output)
    case .null: line("$", "-1", to: &output)
    case .bytes(let bytes):
      line("$", String(bytes.count), to: &output)
      output += bytes
      output += [0x0d, 0x0a]
    case .array(let elements):
      line("*", String(elements.count), to: &output)
      for element in elements { write(element, to: &output) }
    }
  }

  private static func line(_ sign: String, _ text: String, to output: inout Bytes) {
    output += sign.utf8
    output += text.utf8
    output += [0x0d, 0x0a]
  }
}
