import RedisScripting

/// One entry of a log or queue as a line of a chunk: the time in milliseconds, 16 hexadecimal
/// digits that no other entry has, and the value's own bytes, in which a line end is `\n`, a NUL
/// `\0` and a backslash `\\`.
struct ChunkLine: Hashable {
  let stamp: EntryStamp
  let content: Bytes

  private static let lineEnd = UInt8(ascii: "\n")
  private static let backslash = UInt8(ascii: "\\")

  /// With the line end.
  func encoded() -> Bytes {
    var line = Bytes("\(stamp.milliseconds) \(stamp.id) ".utf8)
    for byte in content {
      switch byte {
      case Self.lineEnd: line += [Self.backslash, UInt8(ascii: "n")]
      case 0: line += [Self.backslash, UInt8(ascii: "0")]
      case Self.backslash: line += [Self.backslash, Self.backslash]
      default: line.append(byte)
      }
    }
    line.append(Self.lineEnd)
    return line
  }

  /// - Parameter line: Without its end.
  /// - Throws: ``NotLines`` for what is no such line.
  init(decoding line: Bytes.SubSequence) throws(NotLines) {
    let parts = line.split(
      separator: UInt8(ascii: " "), maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3,
      let stamp = EntryStamp(
        String(decoding: parts[0], as: UTF8.self), String(decoding: parts[1], as: UTF8.self))
    else { throw NotLines(reason: "a line does not begin with a time and an id") }
    self.stamp = stamp
    guard parts[2].contains(Self.backslash) else {
      content = Bytes(parts[2])
      return
    }
    var content: Bytes = []
    var rest = parts[2]
    while let byte = rest.popFirst() {
      guard byte == Self.backslash else {
        content.append(byte)
        continue
      }
      switch rest.popFirst() {
      case UInt8(ascii: "n"): content.append(Self.lineEnd)
      case UInt8(ascii: "0"): content.append(0)
      case Self.backslash: content.append(Self.backslash)
      default: throw NotLines(reason: "a line has a backslash with neither n, 0 nor \\ after it")
      }
    }
    self.content = content
  }

  init(_ stamp: EntryStamp, _ content: Bytes) {
    self.stamp = stamp
    self.content = content
  }

  /// The lines of a chunk, in their order.
  static func all(in chunk: Bytes) throws(NotLines) -> [ChunkLine] {
    guard ValueAction.areLines(chunk) else { throw NotLines(reason: "the bytes are not lines") }
    var lines: [ChunkLine] = []
    for line in chunk.split(separator: lineEnd) { lines.append(try ChunkLine(decoding: line)) }
    return lines
  }
}
