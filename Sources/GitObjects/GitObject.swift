/// An object of any kind, decoded.
public enum GitObject: Sendable, Hashable {
  case blob([UInt8])
  case tree(TreeObject)
  case commit(CommitObject)
  case tag(TagObject)

  /// Decodes the content of an object. O(length).
  ///
  /// - Throws: ``GitObjectError/malformed(kind:offset:reason:)``.
  public init(_ object: FramedObject, algorithm: HashAlgorithm) throws(GitObjectError) {
    switch object.kind {
    case .blob: self = .blob(Array(object.content))
    case .tree: self = .tree(try TreeObject(parsing: object.content, algorithm: algorithm))
    case .commit: self = .commit(try CommitObject(parsing: object.content, algorithm: algorithm))
    case .tag: self = .tag(try TagObject(parsing: object.content, algorithm: algorithm))
    }
  }

  /// What the object is.
  public var kind: ObjectKind {
    switch self {
    case .blob: .blob
    case .tree: .tree
    case .commit: .commit
    case .tag: .tag
    }
  }

  /// The bytes after the object's header.
  public var content: [UInt8] {
    switch self {
    case .blob(let bytes): bytes
    case .tree(let tree): tree.content
    case .commit(let commit): commit.content
    case .tag(let tag): tag.content
    }
  }

  /// The object with its header, ready to be hashed and stored. O(length).
  public var framed: FramedObject { FramedObject(kind: kind, content: content) }

  /// The objects that this one needs, in order. Submodules are left out: they live elsewhere.
  public var links: [ObjectLink] {
    switch self {
    case .blob: []
    case .tree(let tree):
      tree.entries.compactMap { entry in
        entry.mode.isSubmodule
          ? nil
          : ObjectLink(id: entry.id, kind: entry.mode.objectKind, place: .entry(name: entry.name))
      }
    case .commit(let commit):
      [ObjectLink(id: commit.tree, kind: .tree, place: .tree)]
        + commit.parents.enumerated().map {
          ObjectLink(id: $1, kind: .commit, place: .parent(number: $0 + 1))
        }
    case .tag(let tag): [ObjectLink(id: tag.object, kind: tag.kind, place: .taggedObject)]
    }
  }
}

/// What one object says about another: its id, and what it should be.
public struct ObjectLink: Sendable, Hashable {
  /// Where in the object the link stands.
  public enum Place: Sendable, Hashable, CustomStringConvertible {
    /// A commit's tree.
    case tree
    /// A commit's parent, counted from 1.
    case parent(number: Int)
    /// A tree's entry.
    case entry(name: [UInt8])
    /// What a tag is for.
    case taggedObject

    public var description: String {
      switch self {
      case .tree: "tree"
      case .parent(let number): "parent \(number)"
      case .entry(let name): "entry \"\(printable(name))\""
      case .taggedObject: "tagged object"
      }
    }
  }

  public let id: ObjectID
  /// The kind that the object must have.
  public let kind: ObjectKind
  public let place: Place

  public init(id: ObjectID, kind: ObjectKind, place: Place) {
    self.id = id
    self.kind = kind
    self.place = place
  }
}

extension TreeObject {
  /// Decodes an object that should be a tree. O(length).
  ///
  /// - Throws: ``GitObjectError/unexpectedKind(expected:found:)``,
  ///   ``GitObjectError/malformed(kind:offset:reason:)``.
  public init(_ object: FramedObject, algorithm: HashAlgorithm) throws(GitObjectError) {
    guard object.kind == .tree else {
      throw .unexpectedKind(expected: .tree, found: object.kind)
    }
    try self.init(parsing: object.content, algorithm: algorithm)
  }
}

extension CommitObject {
  /// Decodes an object that should be a commit. O(length).
  ///
  /// - Throws: ``GitObjectError/unexpectedKind(expected:found:)``,
  ///   ``GitObjectError/malformed(kind:offset:reason:)``.
  public init(_ object: FramedObject, algorithm: HashAlgorithm) throws(GitObjectError) {
    guard object.kind == .commit else {
      throw .unexpectedKind(expected: .commit, found: object.kind)
    }
    try self.init(parsing: object.content, algorithm: algorithm)
  }
}

extension TagObject {
  /// Decodes an object that should be a tag. O(length).
  ///
  /// - Throws: ``GitObjectError/unexpectedKind(expected:found:)``,
  ///   ``GitObjectError/malformed(kind:offset:reason:)``.
  public init(_ object: FramedObject, algorithm: HashAlgorithm) throws(GitObjectError) {
    guard object.kind == .tag else {
      throw .unexpectedKind(expected: .tag, found: object.kind)
    }
    try self.init(parsing: object.content, algorithm: algorithm)
  }
}
