/// Why two changes of a value cannot be merged.
public struct MergeRefusal: Error, Sendable, Hashable, CustomStringConvertible {
  /// In a few words; the places inside the value where it has several.
  public let reason: String

  public init(_ reason: String) { self.reason = reason }

  public var description: String { reason }
}
