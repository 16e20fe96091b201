/// One header of a commit or a tag: a name, and a value that may have several lines.
public struct HeaderField: Sendable, Hashable {
  /// The word before the first space.
  public let name: [UInt8]
  /// The value, with newlines between its lines: the space that starts each continuation line in
  /// the object is not part of it.
  public let value: [UInt8]

  /// A header to write, such as `gpgsig`.
  ///
  /// - Throws: ``GitObjectError/invalidHeaderName(name:)``.
  public init(name: String, value: [UInt8]) throws(GitObjectError) {
    let name = Array(name.utf8)
    guard !name.isEmpty, !name.contains(where: { $0 == 0x20 || $0 == 0x0A || $0 == 0 }) else {
      throw .invalidHeaderName(name: name)
    }
    self.init(parsedName: name, value: value)
  }

  init(parsedName name: [UInt8], value: [UInt8]) {
    self.name = name
    self.value = value
  }

  /// The name as text, with U+FFFD for bytes that are not UTF-8.
  public var nameText: String { String(decoding: name, as: UTF8.self) }

  /// The value as text, with U+FFFD for bytes that are not UTF-8.
  public var valueText: String { String(decoding: value, as: UTF8.self) }

  /// Writes the header, each newline in its value followed by the space of a continuation line.
  func append(to bytes: inout [UInt8]) {
    bytes.append(contentsOf: name)
    bytes.append(UInt8(ascii: " "))
    Self.appendFolded(value, to: &bytes)
    bytes.append(0x0A)
  }

  private static func appendFolded(_ value: [UInt8], to bytes: inout [UInt8]) {
    guard value.contains(0x0A) else {
      bytes.append(contentsOf: value)
      return
    }
    for byte in value {
      bytes.append(byte)
      if byte == 0x0A { bytes.append(UInt8(ascii: " ")) }
    }
  }
}
