import Foundation

/// One JSON object on a line of its own, keys sorted; what was not measured is null.
enum JSONLine {
  static func print(_ value: some Encodable) throws {
    try StandardOutput.line(try text(value))
  }

  static func text(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}
