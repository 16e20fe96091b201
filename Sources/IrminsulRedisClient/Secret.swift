#if Redis
  /// A password that no description, error, log line or dump shows.
  public struct Secret: Sendable, Hashable {
    let revealed: String

    /// Keeps a text from being printed by accident.
    public init(_ text: String) {
      revealed = text
    }

    /// The text with every occurrence of the secret replaced, for what a server echoes.
    func redacted(from text: String) -> String {
      guard !revealed.isEmpty else { return text }
      return text.split(separator: revealed, omittingEmptySubsequences: false)
        .joined(separator: "(secret)")
    }
  }

  extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "(secret)" }
    public var debugDescription: String { "(secret)" }
    public var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }
  }
#endif
