import Foundation
import Irminsul

/// One JSON object on a line of its own, keys sorted; a key whose value is nil is left out.
enum JSONLine {
  static func print(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    try StandardOutput.write(try encoder.encode(value))
    try StandardOutput.write(CollectionOfOne(UInt8(ascii: "\n")))
  }
}

/// Bytes in JSON: as text where they are UTF-8, else in base64 under another key.
struct JSONBytes {
  let text: String?
  let base64: String?

  init(_ bytes: [UInt8]) {
    text = String(validating: bytes, as: UTF8.self)
    base64 = text == nil ? Data(bytes).base64EncodedString() : nil
  }
}
