import GitObjects
import RedisScripting

/// The types that a store is made of, as the parameters of Irmin's functors.
///
/// ```swift
/// enum JobSchema: Schema {
///   typealias Contents = Job
/// }
/// let store = try Make<JobSchema>(backend: DictionaryBackend())
/// ```
///
/// Everything but the contents has a default: no metadata, paths that are lists of strings, branches
/// that are strings, SHA-1.
public protocol Schema {
  /// What a blob holds.
  associatedtype Contents: Irminsul.Contents
  /// What an entry says beside its contents; kept as the entry's mode.
  associatedtype Metadata: StoreMetadata = NoMetadata
  /// How a place in the tree is named.
  associatedtype Path: StorePath = [String]
  /// How a branch is named.
  associatedtype Branch: StoreBranch = String

  /// Which ids objects have.
  static var hash: HashAlgorithm { get }
}

extension Schema {
  public static var hash: HashAlgorithm { .sha1 }
}

/// What an entry says beside its contents, in the few ways that a mode can.
public protocol StoreMetadata: Sendable, Hashable {
  /// What contents have that were set without saying.
  static var standard: Self { get }
  /// - Returns: nil for a mode that means nothing here; reading such an entry is an error.
  init?(mode: FileMode)
  var mode: FileMode { get }
}

/// No metadata: every entry is an ordinary file.
public struct NoMetadata: StoreMetadata {
  public static let standard = NoMetadata()
  public init() {}
  public init?(mode: FileMode) {}
  public var mode: FileMode { .blob }
}

/// Git's kinds of files as metadata.
public enum FilePermission: StoreMetadata {
  case normal
  case executable
  case symbolicLink

  public static let standard = FilePermission.normal

  public init?(mode: FileMode) {
    switch mode {
    case .blob, .groupWritable: self = .normal
    case .executable: self = .executable
    case .symbolicLink: self = .symbolicLink
    default: return nil
    }
  }

  public var mode: FileMode {
    switch self {
    case .normal: .blob
    case .executable: .executable
    case .symbolicLink: .symbolicLink
    }
  }
}

/// How a place in the tree is named: anything that becomes steps and comes back.
public protocol StorePath: Sendable, Hashable {
  init?(steps: [Bytes])
  var storeSteps: [Bytes] { get }
}

extension [String]: StorePath {
  public init?(steps: [Bytes]) {
    let texts = steps.compactMap { String(validating: $0, as: UTF8.self) }
    guard texts.count == steps.count else { return nil }
    self = texts
  }

  public var storeSteps: [Bytes] { map { Bytes($0.utf8) } }
}

extension Path: StorePath {
  public var storeSteps: [Bytes] { steps }
}

/// How a branch is named.
public protocol StoreBranch: Sendable, Hashable {
  /// The branch that a store has by default.
  static var main: Self { get }
  init?(branchName: String)
  var branchName: String { get }
}

extension String: StoreBranch {
  public static var main: String { "main" }
  public init?(branchName: String) { self = branchName }
  public var branchName: String { self }
}

/// The schema of a ``KV`` store.
public enum KeyValueSchema<Value: Contents>: Schema {
  public typealias Contents = Value
}

/// A store of one type of contents, with every default: paths are lists of strings, branches are
/// strings, ids are SHA-1.
///
/// ```swift
/// let store = try KV<String>(backend: DictionaryBackend())
/// try await store.set(["a", "b"], to: "hello", "First")
/// ```
///
/// Source: Irmin's `KV`.
public typealias KV<Value: Contents> = Make<KeyValueSchema<Value>>
