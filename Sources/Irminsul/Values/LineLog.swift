import RedisScripting

/// Lines in the order they came, which everybody may append to.
///
/// ```swift
/// try await branch.commit([.append("audit", "ada logged in")], "Note")
/// let lines = try await branch.get("audit", as: LineLog.self).lines
/// ```
///
/// The whole log is one blob, written anew by each append: for what grows without end, use a
/// directory.
public struct LineLog: Contents, Hashable {
  /// The lines without their ends, oldest first.
  public private(set) var lines: [String]

  /// - Throws: ``StoreError/unencodable(type:reason:)`` for a line that is empty or has a line end or
  ///   a NUL in it.
  public init(_ lines: some Sequence<String>) throws {
    for line in lines { _ = try Bytes(line: line) }
    self.lines = Array(lines)
  }

  /// Of lines that are sound.
  init(appended lines: [String]) { self.lines = lines }

  /// - Throws: When the bytes are not lines of UTF-8, each ended, none empty.
  public init(decoding bytes: Bytes) throws {
    guard ValueAction.areLines(bytes) else { throw NotLines(reason: "the bytes are not lines") }
    lines = try String(decoding: bytes).split(separator: "\n").map(String.init)
  }

  public func encoded() -> Bytes { lines.flatMap { Bytes($0.utf8) + [UInt8(ascii: "\n")] } }
}

struct NotLines: Error, CustomStringConvertible {
  let reason: String
  var description: String { reason }
}

extension Bytes {
  /// The bytes of what can be one line of a ``LineSet`` or ``LineLog``.
  init(line: String) throws(StoreError) {
    self = Bytes(line.utf8)
    if isEmpty || contains(0) || contains(UInt8(ascii: "\n")) {
      throw .unencodable(type: "line", reason: "a line has bytes, and no line end or NUL")
    }
  }
}
