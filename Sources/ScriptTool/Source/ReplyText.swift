import Foundation
import RedisScripting

/// Replies as redis-cli draws them.
package enum ReplyText {
  /// The lines of a reply, without an end of the last one.
  package static func drawn(_ reply: Reply) -> String { drawn(reply, indent: "") }

  private static func drawn(_ reply: Reply, indent: String) -> String {
    switch reply {
    case .status(let text): return text
    case .bytes(let bytes): return quoted(bytes)
    case .integer(let number): return "(integer) \(number)"
    case .null: return "(nil)"
    case .error(let error): return "(error) \(error)"
    case .array(let elements):
      guard !elements.isEmpty else { return "(empty array)" }
      let width = String(elements.count).count
      return elements.enumerated().map { at, element in
        let number = String(at + 1)
        let padding = String(repeating: " ", count: width - number.count)
        return (at == 0 ? "" : indent) + padding + number + ") "
          + drawn(element, indent: indent + String(repeating: " ", count: width + 2))
      }.joined(separator: "\n")
    }
  }

  /// A reply on one line, for lists of calls.
  package static func line(_ reply: Reply) -> String {
    if case .array(let elements) = reply {
      return "[\(elements.map(line).joined(separator: ", "))]"
    }
    return drawn(reply)
  }

  /// An argument as redis-cli takes it: quoted where it must be.
  package static func word(_ bytes: Bytes) -> String {
    let isPlain =
      !bytes.isEmpty
      && bytes.allSatisfy { (0x21...0x7e).contains($0) && $0 != 0x22 && $0 != 0x27 && $0 != 0x5c }
    return isPlain ? String(decoding: bytes, as: UTF8.self) : quoted(bytes)
  }

  package static func quoted(_ bytes: Bytes) -> String {
    var text = "\""
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "\""): text += "\\\""
      case UInt8(ascii: "\\"): text += "\\\\"
      case 0x0a: text += "\\n"
      case 0x0d: text += "\\r"
      case 0x09: text += "\\t"
      case 0x07: text += "\\a"
      case 0x08: text += "\\b"
      case 0x20...0x7e: text.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let digits = String(byte, radix: 16)
        text += "\\x" + (digits.count == 1 ? "0" : "") + digits
      }
    }
    return text + "\""
  }
}

/// A reply as JSON: texts, numbers, null and arrays; bytes that are no UTF-8 are `{"base64": …}`, an error is
/// `{"error": …}`.
package struct ReplyValue: Encodable {
  private let reply: Reply

  package init(_ reply: Reply) { self.reply = reply }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch reply {
    case .status(let text): try container.encode(text)
    case .bytes(let bytes):
      if let text = String(validating: bytes, as: UTF8.self) {
        try container.encode(text)
      } else {
        try container.encode(["base64": Data(bytes).base64EncodedString()])
      }
    case .integer(let number): try container.encode(number)
    case .null: try container.encodeNil()
    case .error(let error): try container.encode(["error": "\(error)"])
    case .array(let elements): try container.encode(elements.map(ReplyValue.init))
    }
  }
}
