/// One entry of a ``SharedLog``, ``SharedQueue`` or ``LinkedLog``.
public struct LogEntry<Element: Sendable>: Sendable {
  public let value: Element
  /// When it was added, by the clock of whoever did, in milliseconds since 1970.
  public let milliseconds: Int64
  /// What no other entry has.
  public let id: String
}

extension LogEntry: Equatable where Element: Equatable {}
extension LogEntry: Hashable where Element: Hashable {}

extension LogEntry where Element: Contents {
  init(_ line: ChunkLine, at path: Path) throws(StoreError) {
    self.init(
      value: try Element(line.content, at: path, in: nil),
      milliseconds: line.stamp.milliseconds, id: line.stamp.id)
  }
}
