import RedisScripting

/// The id of a stream's entry: milliseconds and a sequence number.
struct StreamID: Comparable, Hashable, Sendable {
  var milliseconds: UInt64
  var sequence: UInt64

  static let zero = StreamID(milliseconds: 0, sequence: 0)
  static let greatest = StreamID(milliseconds: .max, sequence: .max)

  static func < (left: Self, right: Self) -> Bool {
    left.milliseconds != right.milliseconds
      ? left.milliseconds < right.milliseconds : left.sequence < right.sequence
  }

  /// As Redis prints it.
  var text: String { "\(milliseconds)-\(sequence)" }

  /// The id after this one; nil after the greatest.
  var successor: StreamID? {
    if sequence < .max { return StreamID(milliseconds: milliseconds, sequence: sequence + 1) }
    if milliseconds < .max { return StreamID(milliseconds: milliseconds + 1, sequence: 0) }
    return nil
  }

  /// The id before this one; nil before the least.
  var predecessor: StreamID? {
    if sequence > 0 { return StreamID(milliseconds: milliseconds, sequence: sequence - 1) }
    if milliseconds > 0 { return StreamID(milliseconds: milliseconds - 1, sequence: .max) }
    return nil
  }
}

/// An id as XADD takes it: whole, or with a part that the stream chooses.
enum RequestedID {
  case automatic
  case automaticSequence(milliseconds: UInt64)
  case explicit(StreamID)

  init?(_ whole: ByteView) {
    let view = whole.untilNul
    if view.length == 1, view.bytes[0] == 0x2a {
      self = .automatic
      return
    }
    if view.length > 2, view.bytes[view.length - 1] == 0x2a, view.bytes[view.length - 2] == 0x2d {
      guard let milliseconds = UInt64(digits: view.prefix(view.length - 2)) else { return nil }
      self = .automaticSequence(milliseconds: milliseconds)
      return
    }
    guard let id = StreamID(view, missingSequence: 0) else { return nil }
    self = .explicit(id)
  }
}

extension StreamID {
  /// Reads `milliseconds-sequence` or `milliseconds` alone.
  init?(_ whole: ByteView, missingSequence: UInt64) {
    let view = whole.untilNul
    guard let dash = view.buffer.firstIndex(of: 0x2d) else {
      guard let milliseconds = UInt64(digits: view) else { return nil }
      self.init(milliseconds: milliseconds, sequence: missingSequence)
      return
    }
    guard let milliseconds = UInt64(digits: view.prefix(dash)),
      let sequence = UInt64(digits: view.dropFirst(dash + 1))
    else { return nil }
    self.init(milliseconds: milliseconds, sequence: sequence)
  }
}

extension UInt64 {
  /// Reads a part of an id as Redis does: a negative number in its shortest form is none, and what is in no such form is
  /// read as C does.
  init?(digits view: ByteView) {
    if view.length > 1, view.bytes[0] == 0x2d, view.bytes[1] != 0x30,
      view.integer != nil
    {
      return nil
    }
    self.init(likeC: view)
  }

  /// Reads a number as `strtoull` does, all of the text: with spaces before it, a sign, zeros; a negative one counts from
  /// the end of the range.
  init?(likeC view: ByteView) {
    var rest = view.buffer[...]
    while let byte = rest.first, byte == 0x20 || (0x09...0x0d).contains(byte) { rest.removeFirst() }
    let isNegative = rest.first == 0x2d
    if isNegative || rest.first == 0x2b { rest.removeFirst() }
    guard !rest.isEmpty else { return nil }
    var value: UInt64 = 0
    for byte in rest {
      guard byte >= 0x30, byte <= 0x39 else { return nil }
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(UInt64(byte - 0x30))
      guard !overflow, !carry else { return nil }
      value = sum
    }
    self = isNegative ? 0 &- value : value
  }
}

/// The names and values of an entry in one block: for each its length in four bytes, little-endian,
/// and its bytes.
enum PackedFields {
  static func pack(_ views: some Sequence<ByteView>) -> Bytes {
    var packed = Bytes()
    for view in views { append(view, to: &packed) }
    return packed
  }

  static func append(_ view: ByteView, to packed: inout Bytes) {
    withUnsafeBytes(of: UInt32(view.length).littleEndian) { packed.append(contentsOf: $0) }
    packed.append(contentsOf: view.buffer)
  }

  /// Takes the first of the names and values; nil at the end.
  static func next(_ rest: inout ByteView) -> ByteView? {
    guard rest.length >= 4 else { return nil }
    let length = Int(UInt32(littleEndian: rest.buffer.loadUnaligned(as: UInt32.self)))
    guard rest.length - 4 >= length else { return nil }
    defer { rest = rest.dropFirst(4 + length) }
    return rest.dropFirst(4).prefix(length)
  }

  static func each(_ packed: ByteView, _ body: (ByteView) -> Void) {
    var rest = packed
    while let word = next(&rest) { body(word) }
  }

  /// Writes the array of names and values.
  static func write(_ packed: ByteView, to reply: ReplyBuffer) {
    let position = reply.startArray()
    var rest = packed
    var count = 0
    while let word = next(&rest) {
      reply.bytes(word)
      count += 1
    }
    reply.endArray(position, count)
  }
}
