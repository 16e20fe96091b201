import GitObjects
import RedisScripting

/// A change of a value that many writers change at once. It is applied to what is there when the
/// commit is made, so that none of them has to try again: see ``BranchEdit/increment(_:by:)`` and
/// its siblings.
///
/// The server's own implementation is `lua/lib/values.lua`; both make the same bytes.
enum ValueAction: Sendable, Hashable {
  /// A counter, a decimal number and a line end; nothing counts as 0.
  case increment(Int64)
  /// A set of lines, sorted, each once.
  case insert(Bytes)
  case discard(Bytes)
  /// A log of lines in the order they came.
  case append(Bytes)
  /// A register: a line with a time, then the value. The later time wins, or the greater bytes.
  case assign(milliseconds: Int64, Bytes)
  /// The same; this value wins in any case, with a time after the one that was there.
  case stamp(milliseconds: Int64, Bytes)
  /// A ``Tally``, whose mark is made new.
  case tally(Int64, mark: String)
  /// A chunk of lines: more of them, each with its end, unless it has as many bytes as a limit.
  case extend(limit: Int, Bytes)
  /// The same; so many lines are taken from its start, and the blob is gone with the last one.
  case shift(Int)

  /// Why the value that is there cannot be changed so.
  enum Problem: String, Error {
    case kind
    case overflow
    case full
    case empty

    var reason: PathConflict.Reason {
      switch self {
      case .kind: .kind
      case .overflow: .overflow
      case .full: .full
      case .empty: .empty
      }
    }
  }

  /// The word for it in a request.
  var name: String {
    switch self {
    case .increment: "increment"
    case .insert: "insert"
    case .discard: "discard"
    case .append: "append"
    case .assign: "assign"
    case .stamp: "stamp"
    case .tally: "tally"
    case .extend: "extend"
    case .shift: "shift"
    }
  }

  /// What comes with the word.
  var operand: Bytes {
    switch self {
    case .increment(let amount): Bytes("\(amount)".utf8)
    case .insert(let line), .discard(let line), .append(let line): line
    case .assign(let time, let value), .stamp(let time, let value):
      Bytes("\(time)\n".utf8) + value
    case .tally(let amount, let mark): Bytes("\(amount) \(mark)".utf8)
    case .extend(let limit, let lines): Bytes("\(limit)\n".utf8) + lines
    case .shift(let count): Bytes("\(count)".utf8)
    }
  }

  /// What of the operand is the same when a program makes the same write again.
  var repeatedOperand: Bytes {
    switch self {
    case .assign(_, let value), .stamp(_, let value): value
    case .tally(let amount, _): Bytes("\(amount)".utf8)
    case .increment, .insert, .discard, .append, .extend, .shift: operand
    }
  }

  /// The content of a blob after the action; nil means no blob, before as well as after.
  func applied(to content: Bytes?) throws(Problem) -> Bytes? {
    switch self {
    case .increment(let amount): return try Self.increment(content, by: amount)
    case .insert(let line): return try Self.insert(line, into: content ?? [])
    case .discard(let line):
      guard let content else { return nil }
      return try Self.discard(line, from: content)
    case .append(let line):
      guard Self.areLines(content ?? []) else { throw .kind }
      return (content ?? []) + line + [Self.lineEnd]
    case .assign: return try Self.assign(operand, to: content ?? [])
    case .stamp(let time, let value):
      guard let content else { return operand }
      return try Self.stamp(value, time, over: content)
    case .tally(let amount, let mark):
      guard let tally = content.map(Tally.init(lenient:)) ?? Tally(value: 0, mark: "") else {
        throw .kind
      }
      let (sum, overflows) = tally.value.addingReportingOverflow(amount)
      if overflows { throw .overflow }
      return Tally(value: sum, mark: mark).encoded()
    case .extend(let limit, let lines):
      guard Self.areLines(content ?? []) else { throw .kind }
      if (content ?? []).count >= limit { throw .full }
      return (content ?? []) + lines
    case .shift(let count): return try Self.shift(count, from: content ?? [])
    }
  }

  private static let lineEnd = UInt8(ascii: "\n")

  private static func increment(_ content: Bytes?, by amount: Int64) throws(Problem) -> Bytes {
    var value: Int64 = 0
    if let content {
      guard let number = Counter(lenient: content) else { throw .kind }
      value = number.value
    }
    let (sum, overflows) = value.addingReportingOverflow(amount)
    if overflows { throw .overflow }
    return Counter(sum).encoded()
  }

  /// Whether bytes are lines: each ended, none empty, no NUL.
  static func areLines(_ bytes: Bytes) -> Bool {
    guard let last = bytes.last else { return true }
    guard last == lineEnd, bytes.first != lineEnd, !bytes.contains(0) else { return false }
    return !zip(bytes, bytes.dropFirst()).contains { $0 == lineEnd && $1 == lineEnd }
  }

  /// Where a line is among sorted ones, with its end, or where it belongs.
  private static func place(of line: Bytes, in bytes: Bytes) -> (range: Range<Int>, isThere: Bool) {
    var low = 0
    var high = bytes.count
    while low < high {
      var start = (low + high) / 2
      while start > low, bytes[start - 1] != lineEnd { start -= 1 }
      let stop = bytes[start...].firstIndex(of: lineEnd) ?? bytes.count
      let other = bytes[start..<stop]
      if other.elementsEqual(line) { return (start..<stop + 1, true) }
      if other.lexicographicallyPrecedes(line) { low = stop + 1 } else { high = start }
    }
    return (low..<low, false)
  }

  private static func insert(_ line: Bytes, into bytes: Bytes) throws(Problem) -> Bytes {
    guard areLines(bytes) else { throw .kind }
    let place = place(of: line, in: bytes)
    if place.isThere { return bytes }
    // A line that stands elsewhere is in a file that is not sorted.
    if bytes.split(separator: lineEnd).contains(where: { $0.elementsEqual(line) }) { throw .kind }
    return bytes[..<place.range.lowerBound] + line + [lineEnd] + bytes[place.range.lowerBound...]
  }

  private static func discard(_ line: Bytes, from bytes: Bytes) throws(Problem) -> Bytes {
    guard areLines(bytes) else { throw .kind }
    let place = place(of: line, in: bytes)
    if place.isThere {
      return Bytes(bytes[..<place.range.lowerBound] + bytes[place.range.upperBound...])
    }
    if bytes.split(separator: lineEnd).contains(where: { $0.elementsEqual(line) }) { throw .kind }
    return bytes
  }

  private static func assign(_ operand: Bytes, to bytes: Bytes) throws(Problem) -> Bytes {
    if bytes.isEmpty { return operand }
    guard let present = Register(content: bytes), let new = Register(content: operand) else {
      throw .kind
    }
    if new.milliseconds != present.milliseconds {
      return new.milliseconds > present.milliseconds ? operand : bytes
    }
    return present.bytes.lexicographicallyPrecedes(new.bytes) ? operand : bytes
  }

  private static func stamp(
    _ value: Bytes, _ time: Int64, over content: Bytes
  ) throws(Problem) -> Bytes {
    guard let present = Register(content: content) else { throw .kind }
    let later = max(time, present.milliseconds + 1)
    guard later < Register.end else { throw .overflow }
    return Bytes("\(later)\n".utf8) + value
  }

  private static func shift(_ count: Int, from content: Bytes) throws(Problem) -> Bytes? {
    if content.isEmpty { throw .empty }
    guard areLines(content) else { throw .kind }
    var rest = content[...]
    for _ in 0..<count {
      guard let stop = rest.firstIndex(of: lineEnd) else { break }
      rest = rest[(stop + 1)...]
    }
    return rest.isEmpty ? nil : Bytes(rest)
  }
}
