/// How far an import, an export or a verification has come.
public struct TransferProgress: Sendable, Hashable {
  /// What is being done, in a word or two: `objects`, `refs`.
  public let phase: String
  /// Objects, refs or entries that are done in this phase.
  public let done: Int
  /// How many there will be, once that is known.
  public let total: Int?
  /// Bytes of the objects that were moved or checked in this phase.
  public let bytes: Int

  public init(phase: String, done: Int, total: Int?, bytes: Int) {
    self.phase = phase
    self.done = done
    self.total = total
    self.bytes = bytes
  }
}
