import RedisScripting

/// A set of lines that everybody may add to and take from, sorted by their bytes, each once.
///
/// ```swift
/// try await branch.commit([.insert("online", "ada"), .discard("online", "bob")], "Come and go")
/// let online = try await branch.get("online", as: LineSet.self).lines
/// ```
public struct LineSet: Contents, Hashable {
  /// The members in order of their bytes.
  public private(set) var lines: [String]

  /// - Throws: ``StoreError/unencodable(type:reason:)`` for a line that is empty or has a line end or
  ///   a NUL in it.
  public init(_ lines: some Sequence<String>) throws {
    for line in lines { _ = try Bytes(line: line) }
    self.lines = Set(lines).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Of lines that are sound.
  init(members: Set<String>) {
    lines = members.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// - Throws: When the bytes are not sorted lines of UTF-8.
  public init(decoding bytes: Bytes) throws {
    let lines = try LineLog(decoding: bytes).lines
    guard zip(lines, lines.dropFirst()).allSatisfy({ $0.utf8.lexicographicallyPrecedes($1.utf8) })
    else { throw NotLines(reason: "the lines are not sorted") }
    self.lines = lines
  }

  public func encoded() -> Bytes { lines.flatMap { Bytes($0.utf8) + [UInt8(ascii: "\n")] } }

  /// Whether a line is a member. O(n).
  public func contains(_ line: String) -> Bool { lines.contains(line) }
}
