import CIrminsulLuaBridge

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The cursor and the options that SCAN, HSCAN and SSCAN take.
struct ScanOptions {
  let cursor: UInt64
  private(set) var count = 10
  private(set) var pattern: ByteView?
  private(set) var type: ByteView?

  init(
    _ context: CommandContext, cursor position: Int, options: Int, takesType: Bool = false
  ) throws(CommandFailure) {
    let text = context[position].untilNul
    let beginsWithSpace = text.length > 0 && [0x20, 9, 10, 11, 12, 13].contains(text.bytes[0])
    guard !beginsWithSpace, let cursor = text.length == 0 ? 0 : UInt64(likeC: text) else {
      throw .reply("ERR invalid cursor")
    }
    self.cursor = cursor
    var index = options
    while index < context.count {
      guard index + 1 < context.count else { throw .syntax }
      let value = context[index + 1]
      if context[index].isWord("COUNT") {
        guard let number = value.integer else { throw .notInteger }
        guard number >= 1 else { throw .syntax }
        count = Int(number)
      } else if context[index].isWord("MATCH") {
        pattern = value.length == 1 && value.bytes[0] == 0x2a ? nil : value
      } else if takesType, context[index].isWord("TYPE") {
        type = value
      } else {
        throw .syntax
      }
      index += 2
    }
  }

  func matches(_ name: ByteView) -> Bool {
    pattern.map { GlobPattern.matches($0, name) } ?? true
  }
}

/// A second reply buffer, as a scan knows its cursor only after the elements.
struct ScanScratch {
  let reply: ReplyBuffer

  func release() {
    irminsul_buffer_release(reply.pointer)
    reply.pointer.deallocate()
  }

  /// Appends the cursor and the elements collected here.
  func write(cursor: UInt64, count: Int, to target: ReplyBuffer) {
    target.bytes(Array(String(cursor).utf8))
    target.array(count)
    let length = reply.length
    guard !reply.pointer.pointee.exhausted, irminsul_buffer_reserve(target.pointer, length) else {
      target.pointer.pointee.exhausted = true
      return
    }
    if length > 0 {
      memcpy(target.pointer.pointee.bytes + target.length, reply.pointer.pointee.bytes, length)
      target.pointer.pointee.length += length
    }
  }
}

func irminsulScratch() -> ScanScratch {
  let pointer = UnsafeMutablePointer<irminsul_buffer>.allocate(capacity: 1)
  pointer.initialize(to: irminsul_buffer())
  return ScanScratch(reply: ReplyBuffer(pointer: pointer))
}

/// Redis' glob patterns: `*`, `?`, `[abc]`, `[^a-z]` and `\`.
enum GlobPattern {
  static func matches(_ pattern: ByteView, _ text: ByteView) -> Bool {
    matches(pattern.buffer[...], text.buffer[...])
  }

  // Goes back to the latest star only, so the time is bounded by the product of the lengths.
  private static func matches(
    _ pattern: Slice<UnsafeRawBufferPointer>, _ text: Slice<UnsafeRawBufferPointer>
  ) -> Bool {
    var pattern = pattern
    var text = text
    var retry: (Slice<UnsafeRawBufferPointer>, Slice<UnsafeRawBufferPointer>)?
    while true {
      if pattern.first == 0x2a {
        pattern = pattern.dropFirst()
        retry = (pattern, text)
        continue
      }
      if let byte = text.first {
        var rest = pattern
        if takeOne(&rest, byte) {
          pattern = rest
          text = text.dropFirst()
          continue
        }
      } else if pattern.isEmpty {
        return true
      }
      guard let (star, start) = retry, !start.isEmpty else { return false }
      pattern = star
      text = start.dropFirst()
      retry = (star, text)
    }
  }

  /// Takes one element off the pattern and says whether it stands for the byte.
  private static func takeOne(_ pattern: inout Slice<UnsafeRawBufferPointer>, _ byte: UInt8) -> Bool
  {
    guard let first = pattern.popFirst() else { return false }
    switch first {
    case 0x3f: return true
    case 0x5b: return takeClass(&pattern, byte)
    case 0x5c:
      guard let escaped = pattern.popFirst() else { return byte == 0x5c }
      return escaped == byte
    default: return first == byte
    }
  }

  private static func takeClass(
    _ pattern: inout Slice<UnsafeRawBufferPointer>, _ byte: UInt8
  ) -> Bool {
    var isNegated = false
    if pattern.first == 0x5e {
      isNegated = true
      pattern = pattern.dropFirst()
    }
    var found = false
    while let first = pattern.popFirst(), first != 0x5d {
      if first == 0x5c, let escaped = pattern.popFirst() {
        if escaped == byte { found = true }
      } else if pattern.count >= 2, pattern.first == 0x2d {
        pattern = pattern.dropFirst()
        guard let last = pattern.popFirst() else { break }
        if min(first, last)...max(first, last) ~= byte { found = true }
      } else if first == byte {
        found = true
      }
    }
    return found != isNegated
  }
}
