/// Where the headers and the message stand in a commit's or a tag's content.
///
/// Only places are kept; the content itself stays whole, so that it prints the same again.
struct HeaderBlock: Sendable {
  struct Field: Sendable {
    /// The word before the first space.
    let name: Range<Int>
    /// From after that space to the newline before the next header: continuation lines included.
    let value: Range<Int>
  }

  private(set) var fields: [Field] = []
  /// The first byte after the blank line; the content's end when there is no blank line.
  private(set) var messageStart = 0
  /// Where the blank line stands, or would stand.
  private(set) var headersEnd = 0

  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    let newline: UInt8 = 0x0A
    let space: UInt8 = 0x20
    let count = bytes.count
    fields.reserveCapacity(8)
    var place = 0
    while place < count {
      if bytes[place] == newline {
        headersEnd = place
        messageStart = place + 1
        return
      }
      let start = place
      var nameEnd: Int?
      while true {
        while place < count, bytes[place] != newline {
          if nameEnd == nil, bytes[place] == space { nameEnd = place }
          place &+= 1
        }
        guard place + 1 < count, bytes[place + 1] == space else { break }
        // A header without a value ends at its line, even if another line continues it.
        if nameEnd == nil { nameEnd = place }
        place &+= 1
      }
      let end = nameEnd ?? place
      fields.append(Field(name: start..<end, value: min(end + 1, place)..<place))
      place &+= 1
    }
    headersEnd = min(place, count)
    messageStart = count
  }

  /// The first header of a name.
  func first(_ name: StaticString, in bytes: [UInt8]) -> Field? {
    fields.first { Self.matches(bytes[$0.name], name) }
  }

  static func matches(_ bytes: ArraySlice<UInt8>, _ name: StaticString) -> Bool {
    name.withUTF8Buffer { bytes.elementsEqual($0) }
  }

  /// A header with its value's lines joined.
  static func field(_ field: Field, in bytes: [UInt8]) -> HeaderField {
    HeaderField(parsedName: Array(bytes[field.name]), value: unfolded(bytes[field.value]))
  }

  static func unfolded(_ value: ArraySlice<UInt8>) -> [UInt8] {
    guard value.contains(0x0A) else { return Array(value) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(value.count)
    var isLineStart = false
    for byte in value {
      if !(isLineStart && byte == 0x20) { bytes.append(byte) }
      isLineStart = byte == 0x0A
    }
    return bytes
  }
}
