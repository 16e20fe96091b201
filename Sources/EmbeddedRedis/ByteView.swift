import CIrminsulLuaBridge
import RedisScripting

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Bytes that Lua or a caller owns, valid during one command only.
typealias ByteView = irminsul_slice

extension ByteView {
  var buffer: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: bytes, count: length) }

  init(_ text: StaticString) {
    self.init(bytes: text.utf8Start, length: text.utf8CodeUnitCount)
  }

  /// A copy that may be kept.
  var copy: Bytes { Bytes(buffer) }

  /// The bytes as text; what is not UTF-8 is replaced.
  var text: String { String(decoding: buffer, as: UTF8.self) }

  /// The bytes up to the first NUL, where Redis takes them for a string of C's.
  var untilNul: ByteView { buffer.firstIndex(of: 0).map { prefix($0) } ?? self }

  func equals(_ other: ByteView) -> Bool {
    length == other.length && (length == 0 || memcmp(bytes, other.bytes, length) == 0)
  }

  func equals(_ other: Bytes) -> Bool {
    guard length == other.count else { return false }
    guard length > 0 else { return true }
    return other.withUnsafeBytes { other in
      guard let start = other.baseAddress else { return false }
      return memcmp(bytes, start, length) == 0
    }
  }

  /// Whether this is an ASCII word in any case; `word` is given in upper case.
  func isWord(_ word: StaticString) -> Bool {
    guard length == word.utf8CodeUnitCount else { return false }
    for index in 0..<length {
      let byte = bytes[index]
      let upper = byte >= 0x61 && byte <= 0x7a ? byte &- 0x20 : byte
      if upper != word.utf8Start[index] { return false }
    }
    return true
  }

  /// The number, if the bytes are one exactly as Redis prints it: no sign `+`, no zeros in front.
  var integer: Int64? {
    guard length > 0, length <= 20 else { return nil }
    var index = 0
    let isNegative = bytes[0] == 0x2d
    if isNegative { index = 1 }
    guard index < length else { return nil }
    if bytes[index] == 0x30 { return length == 1 ? 0 : nil }
    var magnitude: UInt64 = 0
    while index < length {
      let digit = bytes[index] &- 0x30
      guard digit <= 9 else { return nil }
      let (product, overflow) = magnitude.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
      guard !overflow, !carry else { return nil }
      magnitude = sum
      index += 1
    }
    if isNegative {
      return magnitude <= 1 << 63 ? Int64(truncatingIfNeeded: 0 &- magnitude) : nil
    }
    return Int64(exactly: magnitude)
  }

  /// The number, if all of the bytes are one that is not NaN.
  var double: Double? {
    var number = 0.0
    return irminsul_parse_double(self, &number, true) ? number : nil
  }

  /// As ``double``, with infinity for numbers that are too large.
  var lenientDouble: Double? {
    var number = 0.0
    return irminsul_parse_double(self, &number, false) ? number : nil
  }

  func dropFirst(_ count: Int) -> ByteView {
    ByteView(bytes: bytes.map { $0 + count }, length: length - count)
  }

  func prefix(_ count: Int) -> ByteView { ByteView(bytes: bytes, length: count) }
}

extension Array where Element == UInt8 {
  /// Calls `body` with these bytes as a view.
  @inline(__always)
  func withView<Result, Failure: Error>(
    _ body: (ByteView) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try withUnsafeBufferPointer { (buffer) throws(Failure) -> Result in
      try body(ByteView(bytes: buffer.baseAddress, length: buffer.count))
    }
  }
}

extension Int64 {
  /// See ``ByteView/integer``.
  package init?(redis text: some Collection<UInt8>) {
    guard let number = Bytes(text).withView({ $0.integer }) else { return nil }
    self = number
  }
}

/// The decimal digits of an integer.
func decimal(_ number: Int64) -> Bytes { Bytes(String(number).utf8) }

/// A number as Redis prints a score or a float.
func decimal(_ number: Double) -> Bytes {
  Bytes(unsafeUninitializedCapacity: 64) { buffer, count in
    count = buffer.withMemoryRebound(to: CChar.self) {
      irminsul_format_double(number, $0.baseAddress)
    }
  }
}

/// A number as Lua 5.1 prints it.
func luaDecimal(_ number: Double) -> Bytes {
  Bytes(unsafeUninitializedCapacity: 64) { buffer, count in
    count = buffer.withMemoryRebound(to: CChar.self) {
      irminsul_format_lua_number(number, $0.baseAddress)
    }
  }
}
