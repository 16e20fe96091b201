import RedisScripting

/// The place of an entry in a tree: the steps from the root, each any bytes but `/` and NUL.
///
/// ```swift
/// let path: Path = "users/ada/email"
/// let same = Path(steps: ["users", "ada", "email"])
/// ```
///
/// A path made from text or steps may be one that no store accepts (`a//b`, `..`, `.git`). It is
/// checked when it is used, and refused with ``StoreError/badPath(_:reason:)``.
public struct Path: Sendable, Hashable {
  /// The names from the root down; none for the root itself.
  public let steps: [Bytes]

  /// The root of a tree.
  public static let root = Path(steps: [Bytes]())

  public init(steps: [Bytes]) {
    self.steps = steps
  }

  public init(steps: [String]) {
    self.steps = steps.map { Bytes($0.utf8) }
  }

  /// Splits at each `/`. One slash at the start and one at the end are allowed and mean nothing.
  public init(_ text: String) {
    self.init(bytes: Bytes(text.utf8))
  }

  /// As ``init(_:)`` for a path that is not UTF-8.
  public init(bytes: Bytes) {
    var rest = bytes[...]
    if rest.first == UInt8(ascii: "/") { rest = rest.dropFirst() }
    if rest.last == UInt8(ascii: "/") { rest = rest.dropLast() }
    steps =
      rest.isEmpty
      ? []
      : rest.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map(Array.init)
  }

  /// Whether this is the root.
  public var isRoot: Bool { steps.isEmpty }

  /// The steps joined by `/`, as scripts and Git write a path.
  public var bytes: Bytes { Bytes(steps.joined(separator: [UInt8(ascii: "/")])) }

  public func appending(_ step: Bytes) -> Path { Path(steps: steps + [step]) }

  /// The path without its last step; nil for the root.
  public var parent: Path? { steps.isEmpty ? nil : Path(steps: Array(steps.dropLast())) }

  /// Whether this path is `other` or lies below it.
  public func starts(with other: Path) -> Bool { steps.starts(with: other.steps) }
}

extension Path: ExpressibleByStringInterpolation {
  public init(stringLiteral value: String) { self.init(value) }
}

extension Path: CustomStringConvertible {
  /// The steps joined by `/`; bytes that are not UTF-8 show as U+FFFD.
  public var description: String { String(decoding: bytes, as: UTF8.self) }
}

extension Path: Comparable {
  public static func < (left: Path, right: Path) -> Bool {
    left.steps.lexicographicallyPrecedes(right.steps) { $0.lexicographicallyPrecedes($1) }
  }
}
