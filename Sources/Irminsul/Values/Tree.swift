import GitObjects
import RedisScripting

/// A tree of contents: a lazy, immutable value. Reading loads what is on the path and no more;
/// an edit gives a new tree that shares everything else; nothing is stored before a commit.
///
/// ```swift
/// var tree = Tree.empty
/// tree = try await tree.adding("hello", at: "greetings/en")
/// tree = try await tree.removing("greetings/de")
/// try await branch.setTree("texts", to: tree, "Add greetings")
/// ```
///
/// Source: Irmin's `Tree`.
public struct Tree: Sendable {
  var root: Directory
  /// Where the parts that are not in memory are; nil for a tree that was made from nothing.
  let objects: ObjectDatabase?

  /// The tree without entries.
  public static let empty = Tree(root: .empty, objects: nil)

  init(root: Directory, objects: ObjectDatabase?) {
    self.root = root
    self.objects = objects
  }

  /// One entry of a directory, as ``list(_:)`` gives it.
  public struct Item: Sendable, Hashable {
    /// The last step of the entry's path.
    public let name: Bytes
    public let entry: Entry

    /// The name as text; bytes that are not UTF-8 show as U+FFFD.
    public var nameText: String { String(decoding: name, as: UTF8.self) }
  }

  // MARK: Reading

  /// What is at a path; nil when nothing is. The root is a directory. Costs one round trip for each
  /// directory on the path that is neither cached nor edited.
  public func entry(_ path: Path) async throws -> Entry? {
    switch try await child(at: path) {
    case .absent: return nil
    case .entry(let entry): return entry
    case .blob(let mode, let blob): return Entry(mode: mode, id: blob.id(algorithm))
    case .directory(let directory):
      let tree = Tree(root: directory, objects: objects)
      let id = try await tree.hash(algorithm)
      if id == Self.emptyID(algorithm), !path.isRoot { return nil }
      return Entry(mode: .tree, id: id)
    }
  }

  /// The bytes of the blob at a path; nil when nothing or a directory is there.
  public func find(_ path: Path) async throws -> Bytes? {
    switch try await child(at: path) {
    case .absent, .directory: return nil
    case .blob(_, let blob): return Bytes(blob.content)
    case .entry(let entry):
      guard !entry.mode.isTree, !entry.mode.isSubmodule, let objects else { return nil }
      return Bytes(try await objects.read(entry.id).content)
    }
  }

  /// The value at a path; nil when nothing or a directory is there.
  ///
  /// - Throws: ``StoreError/undecodable(_:at:type:reason:)``.
  public func find<Value: Contents>(
    _ path: Path, as type: Value.Type
  ) async throws -> Value? {
    guard let bytes = try await find(path) else { return nil }
    return try Value(bytes, at: path, in: nil)
  }

  /// Whether a blob is at the path.
  public func mem(_ path: Path) async throws -> Bool {
    guard let entry = try await entry(path) else { return false }
    return !entry.mode.isTree
  }

  /// The tree at a path; nil when nothing or a blob is there.
  public func findTree(_ path: Path) async throws -> Tree? {
    switch try await child(at: path) {
    case .absent, .blob: return nil
    case .directory(let directory): return Tree(root: directory, objects: objects)
    case .entry(let entry):
      guard entry.mode.isTree else { return nil }
      return Tree(root: Directory(base: entry.id), objects: objects)
    }
  }

  /// The entries of the directory at a path, in Git's order; none when nothing or a blob is there.
  public func list(_ path: Path = .root) async throws -> [Item] {
    guard let tree = try await findTree(path) else { return [] }
    return try await tree.root.entries(objects, algorithm).map {
      Item(name: $0.name, entry: Entry(mode: $0.mode, id: $0.id))
    }
  }

  // MARK: Editing

  /// This tree with a value at a path. A blob on the way becomes a directory.
  ///
  /// - Throws: ``StoreError/rootIsDirectory``, ``StoreError/badPath(_:reason:)``.
  public func adding(
    _ value: some Contents, at path: Path, mode: FileMode = .blob
  ) async throws -> Tree {
    try await setting(path, .blob(mode, value.framed()))
  }

  /// This tree with another tree at a path; an empty one removes what is there.
  public func addingTree(_ tree: Tree, at path: Path) async throws -> Tree {
    if path.isRoot { return tree }
    return try await setting(path, .directory(tree.root), objects: objects ?? tree.objects)
  }

  /// This tree without what is at a path. Directories that become empty disappear.
  public func removing(_ path: Path) async throws -> Tree {
    if path.isRoot { return Tree(root: .empty, objects: objects) }
    if try await entry(path) == nil { return self }
    return try await setting(path, .absent)
  }

  // MARK: Hashing

  /// The id of the tree object that this tree is, without storing it.
  public func hash(_ algorithm: HashAlgorithm) async throws -> ObjectID {
    var new: [IdentifiedObject] = []
    return try await write(algorithm, into: &new)
  }

  /// As ``hash(_:)``, with the objects that would have to be stored appended.
  func write(
    _ algorithm: HashAlgorithm, into new: inout [IdentifiedObject]
  ) async throws -> ObjectID {
    if let id = try await root.write(objects, algorithm, into: &new) { return id }
    let empty = IdentifiedObject(TreeObject.empty.framed, algorithm)
    new.append(empty)
    return empty.id
  }

  // MARK: -

  private var algorithm: HashAlgorithm { objects?.algorithm ?? .sha1 }

  static func emptyID(_ algorithm: HashAlgorithm) -> ObjectID {
    TreeObject.empty.framed.id(algorithm)
  }

  func setting(_ path: Path, _ entry: Entry) async throws -> Tree {
    try await setting(path, .entry(entry))
  }

  func setting(_ path: Path, blob: FramedObject, mode: FileMode) async throws -> Tree {
    try await setting(path, .blob(mode, blob))
  }

  /// As ``setting(_:_:)``; at the root, the tree that the entry is.
  func settingEntry(_ path: Path, _ entry: Entry) async throws -> Tree {
    guard path.isRoot else { return try await setting(path, entry) }
    guard entry.mode.isTree else { throw StoreError.rootIsDirectory }
    return Tree(root: Directory(base: entry.id), objects: objects)
  }

  /// This tree after an action on the value at a path.
  ///
  /// - Throws: ``StoreError/conflict(branch:_:)`` when what is there is not of its kind.
  func changing(_ path: Path, _ action: ValueAction) async throws -> Tree {
    let present = try await entry(path)
    do {
      if let present, present.mode.objectKind != .blob { throw ValueAction.Problem.kind }
      let old = present == nil ? nil : try await find(path)
      guard let content = try action.applied(to: old), content != old else { return self }
      return try await setting(
        path, blob: FramedObject(kind: .blob, content: content), mode: present?.mode ?? .blob)
    } catch let problem as ValueAction.Problem {
      throw StoreError.conflict(
        branch: "",
        [
          PathConflict(
            path: path, found: present, reason: problem == .overflow ? .overflow : .kind)
        ])
    }
  }

  /// The entry at a path if that takes no round trip: nil when it does.
  func cachedEntry(_ path: Path) throws -> Entry?? {
    guard var id = root.base, root.isUnedited, let objects else { return nil }
    for (depth, step) in path.steps.enumerated() {
      guard let tree = objects.cachedTree(id) else { return nil }
      guard let found = tree.entry(named: step) else { return .some(nil) }
      if depth == path.steps.count - 1 { return Entry(mode: found.mode, id: found.id) }
      guard found.mode.isTree else { return .some(nil) }
      id = found.id
    }
    return nil
  }

  private func child(at path: Path) async throws -> Directory.Child {
    try path.checkForReading()
    var child = Directory.Child.directory(root)
    for step in path.steps {
      switch child {
      case .absent, .blob: return .absent
      case .directory(let directory): child = try await directory.child(step, objects)
      case .entry(let entry):
        guard entry.mode.isTree else { return .absent }
        child = try await Directory(base: entry.id).child(step, objects)
      }
    }
    return child
  }

  private func setting(
    _ path: Path, _ child: Directory.Child, objects: ObjectDatabase? = nil
  ) async throws -> Tree {
    try path.check()
    guard !path.isRoot else { throw StoreError.rootIsDirectory }
    let objects = objects ?? self.objects
    let root = try await Self.set(child, in: root, path.steps[...], objects)
    return Tree(root: root, objects: objects)
  }

  private static func set(
    _ child: Directory.Child, in directory: Directory, _ steps: ArraySlice<Bytes>,
    _ objects: ObjectDatabase?
  ) async throws -> Directory {
    guard let step = steps.first else { return directory }
    var directory = directory
    if steps.count == 1 {
      directory.set(step, child)
      return directory
    }
    let inner: Directory
    switch try await directory.child(step, objects) {
    case .directory(let edited): inner = edited
    case .entry(let entry) where entry.mode.isTree: inner = Directory(base: entry.id)
    case .absent, .entry, .blob: inner = .empty
    }
    let changed = try await set(child, in: inner, steps.dropFirst(), objects)
    directory.set(step, .directory(changed))
    return directory
  }
}

extension Contents {
  /// Reads the blob at a path, with an error that says where it is.
  init(_ bytes: Bytes, at path: Path, in commit: ObjectID?) throws(StoreError) {
    do {
      try self.init(decoding: bytes)
    } catch {
      throw .undecodable(path, at: commit, type: "\(Self.self)", reason: "\(error)")
    }
  }

  /// The blob object of this value.
  func framed() throws(StoreError) -> FramedObject {
    do {
      return FramedObject(kind: .blob, content: try encoded())
    } catch {
      throw .unencodable(type: "\(Self.self)", reason: "\(error)")
    }
  }
}

extension Path {
  /// As ``check()``, but for names that Git protects (`.git`): trees that came from elsewhere may
  /// have them, and they can be read.
  ///
  /// - Throws: ``StoreError/badPath(_:reason:)`` with the rule that a step breaks.
  public func checkForReading() throws(StoreError) {
    for step in steps {
      switch EntryName.check(step) {
      case nil, .dotGit, .dotGitLookalike: continue
      case .empty: throw .badPath(self, reason: "a name in it is empty")
      case let problem?: throw .badPath(self, reason: "\(problem)")
      }
    }
  }

  /// Refuses what Git would not accept as a path, as every use of it does.
  ///
  /// - Throws: ``StoreError/badPath(_:reason:)`` with the rule that a step breaks.
  public func check() throws(StoreError) {
    for step in steps {
      switch EntryName.check(step) {
      case nil: continue
      case .empty: throw .badPath(self, reason: "a name in it is empty")
      case let problem?: throw .badPath(self, reason: "\(problem)")
      }
    }
  }
}
