import CIrminsulLuaBridge
import RedisScripting

/// Replies as they are on the wire, in one of the two versions of RESP.
///
/// Source: https://redis.io/docs/latest/develop/reference/protocol-spec/ and what Redis 7.0 answers.
package enum WireReply {
  package enum Version: Int, Sendable {
    case two = 2
    case three = 3
  }

  /// Writes the compact form, which may have several values in it.
  static func encode(_ buffer: irminsul_buffer, _ version: Version) -> Bytes {
    var rest = UnsafeRawBufferPointer(start: buffer.bytes, count: buffer.length)
    var output: Bytes = []
    output.reserveCapacity(buffer.length)
    while let (tag, value) = CompactReply.head(&rest) {
      switch tag {
      case IRMINSUL_INTEGER: line(":", String(value), &output)
      case IRMINSUL_BYTES: bulk(CompactReply.text(&rest, value), &output)
      case IRMINSUL_STATUS: line("+", CompactReply.text(&rest, value), &output)
      case IRMINSUL_ERROR:
        let text = CompactReply.text(&rest, value)
        line("-", text.map { $0 == 0x0d || $0 == 0x0a ? 0x20 : $0 }, &output)
      case IRMINSUL_ARRAY: line("*", String(value), &output)
      case IRMINSUL_DOUBLE:
        let digits = decimal(Double(bitPattern: UInt64(bitPattern: value)))
        if version == .three { line(",", digits, &output) } else { bulk(digits, &output) }
      case IRMINSUL_MAP:
        line(version == .three ? "%" : "*", String(version == .three ? value : value * 2), &output)
      case IRMINSUL_SET: line(version == .three ? "~" : "*", String(value), &output)
      case IRMINSUL_BOOLEAN:
        if version == .three {
          line("#", value == 0 ? "f" : "t", &output)
        } else {
          line(":", String(value), &output)
        }
      case IRMINSUL_BIG_NUMBER:
        let digits = CompactReply.text(&rest, value)
        if version == .three { line("(", digits, &output) } else { bulk(digits, &output) }
      case IRMINSUL_VERBATIM:
        let text = CompactReply.text(&rest, value)
        if version == .three {
          line("=", String(text.count), &output)
          output += text
          output += lineEnd
        } else {
          bulk(text.dropFirst(4), &output)
        }
      default:
        null(isArray: value == 1, version, &output)
      }
    }
    return output
  }

  /// Writes a reply that has no types of RESP3.
  package static func encode(_ reply: Reply, _ version: Version) -> Bytes {
    var output: Bytes = []
    encode(reply, version, &output)
    return output
  }

  private static func encode(_ reply: Reply, _ version: Version, _ output: inout Bytes) {
    switch reply {
    case .status(let text): line("+", text.utf8, &output)
    case .error(let error):
      // A word of the command that it tells of may have ends of lines in it.
      line("-", error.bytes.map { $0 == 0x0d || $0 == 0x0a ? 0x20 : $0 }, &output)
    case .integer(let value): line(":", String(value), &output)
    case .null: null(isArray: false, version, &output)
    case .bytes(let bytes): bulk(bytes, &output)
    case .array(let elements):
      line("*", String(elements.count), &output)
      for element in elements { encode(element, version, &output) }
    }
  }

  /// The head of a map of so many pairs, which follow.
  package static func map(_ count: Int, _ version: Version) -> Bytes {
    var output: Bytes = []
    line(version == .three ? "%" : "*", String(version == .three ? count : count * 2), &output)
    return output
  }

  /// The head of a set, whose members follow.
  package static func set(_ count: Int, _ version: Version) -> Bytes {
    Bytes("\(version == .three ? "~" : "*")\(count)\r\n".utf8)
  }

  /// A text for people, which readers of RESP3 are told.
  package static func verbatim(_ text: String, _ version: Version) -> Bytes {
    let length = text.utf8.count
    return Bytes(
      (version == .three ? "=\(length + 4)\r\ntxt:" : "$\(length)\r\n").utf8)
      + text.utf8 + lineEnd
  }

  /// The head of an array, whose elements follow.
  package static func array(_ count: Int) -> Bytes { Bytes("*\(count)\r\n".utf8) }

  /// Both nulls: a client that waits gets the one of arrays in the end.
  package static func isNull(_ bytes: Bytes) -> Bool {
    nulls.contains(bytes)
  }

  package static func nullArray(_ version: Version) -> Bytes {
    var output: Bytes = []
    null(isArray: true, version, &output)
    return output
  }

  private static let nulls = ["_\r\n", "$-1\r\n", "*-1\r\n"].map { Bytes($0.utf8) }
  private static let lineEnd: Bytes = [0x0d, 0x0a]

  private static func null(isArray: Bool, _ version: Version, _ output: inout Bytes) {
    switch version {
    case .three: line("_", "", &output)
    case .two: line(isArray ? "*" : "$", "-1", &output)
    }
  }

  private static func bulk(_ bytes: some Collection<UInt8>, _ output: inout Bytes) {
    line("$", String(bytes.count), &output)
    output += bytes
    output += lineEnd
  }

  private static func line(_ sign: String, _ text: String, _ output: inout Bytes) {
    line(sign, text.utf8, &output)
  }

  private static func line(_ sign: String, _ text: some Collection<UInt8>, _ output: inout Bytes) {
    output += sign.utf8
    output += text
    output += lineEnd
  }
}
