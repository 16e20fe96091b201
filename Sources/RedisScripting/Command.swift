/// Binary-safe bytes, as keys, arguments and replies carry them.
public typealias Bytes = [UInt8]

/// One Redis command: its name and its arguments, all binary-safe.
///
/// ```swift
/// let command = Command("HGET", "{app}:meta", "format")
/// ```
public struct Command: Sendable, Hashable {
  /// The command's name and its arguments, in order.
  public let arguments: [Bytes]

  public init(arguments: [Bytes]) {
    self.arguments = arguments
  }

  /// A command whose name and arguments are text.
  public init(_ words: String...) {
    arguments = words.map { Bytes($0.utf8) }
  }

  /// The command's name in upper case, for messages; never its arguments, which may be secret.
  public var name: String {
    String(decoding: arguments.first ?? [], as: UTF8.self).uppercased()
  }
}
