import CIrminsulLuaBridge
import RedisScripting

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Where a command writes its reply: the compact form that the bridge turns into Lua values.
struct ReplyBuffer {
  let pointer: UnsafeMutablePointer<irminsul_buffer>
  /// Whether the reader wants the types of RESP3, as a script does after `redis.setresp(3)`.
  var isTyped = false

  var length: Int { pointer.pointee.length }

  func truncate(to length: Int) { pointer.pointee.length = length }

  func integer(_ value: Int64) { head(IRMINSUL_INTEGER, value) }
  func integer(_ value: Int) { head(IRMINSUL_INTEGER, Int64(value)) }
  func null() { head(IRMINSUL_NULL, 0) }
  /// What RESP2 has in place of an array that there is not.
  func nullArray() { head(IRMINSUL_NULL, 1) }
  func array(_ count: Int) { head(IRMINSUL_ARRAY, Int64(count)) }

  /// A number with a fraction: text for readers of RESP2.
  func double(_ value: Double) {
    if isTyped {
      head(IRMINSUL_DOUBLE, Int64(bitPattern: value.bitPattern))
    } else {
      bytes(decimal(value))
    }
  }

  /// The head of a map: a flat array for readers of RESP2.
  func map(_ count: Int) {
    if isTyped { head(IRMINSUL_MAP, Int64(count)) } else { array(count * 2) }
  }

  /// The head of a set: an array for readers of RESP2.
  func set(_ count: Int) { head(isTyped ? IRMINSUL_SET : IRMINSUL_ARRAY, Int64(count)) }

  /// A text for people, which readers of RESP3 are told.
  func verbatim(_ text: Bytes) {
    guard isTyped else { return bytes(text) }
    (Bytes("txt:".utf8) + text).withView {
      irminsul_buffer_text(pointer, UInt8(IRMINSUL_VERBATIM.rawValue), $0.bytes, $0.length)
    }
  }

  func bytes(_ view: ByteView) {
    irminsul_buffer_text(pointer, UInt8(IRMINSUL_BYTES.rawValue), view.bytes, view.length)
  }

  func bytes(_ bytes: Bytes) { bytes.withView { self.bytes($0) } }

  func bytes(orNull bytes: Bytes?) {
    if let bytes { self.bytes(bytes) } else { null() }
  }

  func status(_ text: StaticString) {
    irminsul_buffer_text(
      pointer, UInt8(IRMINSUL_STATUS.rawValue), text.utf8Start, text.utf8CodeUnitCount)
  }

  func error(_ text: String) {
    var text = text
    text.withUTF8 {
      irminsul_buffer_text(pointer, UInt8(IRMINSUL_ERROR.rawValue), $0.baseAddress, $0.count)
    }
  }

  /// The text of the error that was written at a position, if there is one.
  func error(at position: Int) -> UnsafeRawBufferPointer? {
    guard length >= position + 9,
      pointer.pointee.bytes[position] == UInt8(IRMINSUL_ERROR.rawValue)
    else { return nil }
    return UnsafeRawBufferPointer(
      start: pointer.pointee.bytes + position + 9, count: length - position - 9)
  }

  /// Starts a map, as ``startArray()`` an array; for readers of RESP2 an array of pairs.
  func startPairs() -> Int {
    let position = length
    head(isTyped ? IRMINSUL_MAP : IRMINSUL_ARRAY, 0)
    return position
  }

  /// The head of a pair of what ``startPairs()`` has begun.
  func pair() {
    if !isTyped { array(2) }
  }

  /// Starts an array whose length is known only later; give the result to ``endArray(_:_:)``.
  func startArray() -> Int {
    let position = length
    array(0)
    return position
  }

  func endArray(_ position: Int, _ count: Int) {
    guard !pointer.pointee.exhausted else { return }
    var count = Int64(count)
    memcpy(pointer.pointee.bytes + position + 1, &count, 8)
  }

  private func head(_ tag: irminsul_tag, _ value: Int64) {
    irminsul_buffer_head(pointer, UInt8(tag.rawValue), value)
  }
}

extension Reply {
  /// Reads the one value that a buffer holds.
  init(_ buffer: irminsul_buffer) {
    var reader = ReplyReader(
      rest: UnsafeRawBufferPointer(start: buffer.bytes, count: buffer.length))
    self = reader.next()
  }
}

/// Reads the compact form. The bridge wrote it, so a value that ends early is only made null. What only RESP3 has
/// becomes what RESP2 has for it.
private struct ReplyReader {
  var rest: UnsafeRawBufferPointer

  mutating func next() -> Reply {
    guard let (tag, value) = CompactReply.head(&rest) else { return .null }
    switch tag {
    case IRMINSUL_INTEGER, IRMINSUL_BOOLEAN: return .integer(value)
    case IRMINSUL_BYTES, IRMINSUL_BIG_NUMBER: return .bytes(Bytes(CompactReply.text(&rest, value)))
    case IRMINSUL_VERBATIM: return .bytes(Bytes(CompactReply.text(&rest, value).dropFirst(4)))
    case IRMINSUL_STATUS:
      return .status(String(decoding: CompactReply.text(&rest, value), as: UTF8.self))
    case IRMINSUL_ERROR:
      return .error(ServerError(bytes: Bytes(CompactReply.text(&rest, value))))
    case IRMINSUL_DOUBLE: return .bytes(decimal(Double(bitPattern: UInt64(bitPattern: value))))
    case IRMINSUL_ARRAY, IRMINSUL_SET: return array(value)
    case IRMINSUL_MAP: return array(value.multipliedReportingOverflow(by: 2).partialValue)
    default: return .null
    }
  }

  private mutating func array(_ count: Int64) -> Reply {
    var elements: [Reply] = []
    elements.reserveCapacity(max(0, min(Int(count), rest.count / 9)))
    for _ in 0..<max(0, count) { elements.append(next()) }
    return .array(elements)
  }
}

/// The parts of the compact form.
enum CompactReply {
  /// Takes a tag and its value; nil at the end.
  static func head(_ rest: inout UnsafeRawBufferPointer) -> (irminsul_tag, Int64)? {
    guard rest.count >= 9 else { return nil }
    let tag = irminsul_tag(rawValue: UInt32(rest[0]))
    let value = rest.loadUnaligned(fromByteOffset: 1, as: Int64.self)
    rest = UnsafeRawBufferPointer(rebasing: rest[9...])
    return (tag, value)
  }

  static func text(_ rest: inout UnsafeRawBufferPointer, _ length: Int64) -> UnsafeRawBufferPointer
  {
    let count = max(0, min(Int(length), rest.count))
    let taken = UnsafeRawBufferPointer(rebasing: rest[..<count])
    rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    return taken
  }
}
