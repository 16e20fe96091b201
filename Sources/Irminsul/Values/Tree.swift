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

    init(_ entry: TreeEntry) {
      name = entry.name
      self.entry = Entry(mode: entry.mode, id: entry.id)
    }
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
    return try await tree.entries().map(Item.init)
  }

  /// A part of the entries of the directory at a path, in Git's order.
  ///
  /// In the layout ``DirectoryLayout/wide`` it costs a few round trips, however many entries there
  /// are; in the layout ``DirectoryLayout/git`` the whole directory is read.
  public func list(_ path: Path = .root, _ range: ListRange) async throws -> [Item] {
    guard let tree = try await findTree(path) else { return [] }
    guard let id = tree.stored, let objects else {
      return DirectoryPage.of(try await tree.entries(), range).map(Item.init)
    }
    return try await DirectoryPage.read(id, range, from: objects).map(Item.init)
  }

  /// How many entries the directory at a path has; 0 when nothing or a blob is there. One round trip
  /// beyond the way to it, however many there are.
  public func count(_ path: Path = .root) async throws -> Int {
    guard let tree = try await findTree(path) else { return 0 }
    guard let id = tree.stored, let objects else { return try await tree.entries().count }
    return try await objects.count(of: id)
  }

  func entries() async throws -> [TreeEntry] { try await root.entries(objects, algorithm) }

  /// The id of this tree if it is stored as it is.
  var stored: ObjectID? { root.isUnedited ? root.base : nil }

  // MARK: Editing

  /// This tree with a value at a path. A blob on the way becomes a directory.
  ///
  /// - Throws: ``StoreError/rootIsDirectory``, ``StoreError/badPath(_:reason:)``.
  public func adding(
    _ value: some Contents, at path: Path, mode: FileMode = .blob
  ) async throws -> Tree {
    try mode.checkBlob()
    var tree = self
    try await tree.set(path, blob: value.framed(), mode: mode)
    return tree
  }

  /// This tree with another tree at a path; an empty one removes what is there.
  public func addingTree(_ tree: Tree, at path: Path) async throws -> Tree {
    var changed = self
    try await changed.set(path, tree)
    return changed
  }

  /// This tree without what is at a path. Directories that become empty disappear.
  public func removing(_ path: Path) async throws -> Tree {
    var tree = self
    try await tree.remove(path)
    return tree
  }

  // In place: many edits, one after another, copy nothing that nobody else holds.

  mutating func set(_ path: Path, blob: FramedObject, mode: FileMode) async throws {
    try await put(.blob(mode, blob), at: path)
  }

  /// At the root, the tree becomes the one that the entry is.
  mutating func set(_ path: Path, _ entry: Entry) async throws {
    guard path.isRoot else { return try await put(.entry(entry), at: path) }
    guard entry.mode.isTree else { throw StoreError.rootIsDirectory }
    root = Directory(base: entry.id)
  }

  mutating func set(_ path: Path, _ tree: Tree) async throws {
    if path.isRoot {
      self = tree
    } else {
      if objects == nil { self = Tree(root: root, objects: tree.objects) }
      try await put(.directory(tree.root), at: path)
    }
  }

  mutating func remove(_ path: Path) async throws {
    if path.isRoot {
      root = .empty
    } else if case .absent = try await child(at: path) {
      return
    } else {
      try await put(.absent, at: path)
    }
  }

  /// Applies an action to the value at a path.
  ///
  /// - Throws: ``StoreError/conflict(branch:_:)`` when what is there is not of its kind.
  mutating func change(_ path: Path, _ action: ValueAction) async throws {
    let present = try await entry(path)
    do {
      if let present, present.mode.objectKind != .blob || present.mode.isSymbolicLink {
        throw ValueAction.Problem.kind
      }
      let old = present == nil ? nil : try await find(path)
      let changed = try action.applied(to: old)
      guard changed != old else { return }
      guard let content = changed else { return try await remove(path) }
      try await set(
        path, blob: FramedObject(kind: .blob, content: content), mode: present?.mode ?? .blob)
    } catch let problem as ValueAction.Problem {
      throw StoreError.conflict(
        branch: "",
        [
          PathConflict(path: path, found: present, reason: problem.reason)
        ])
    }
  }

  /// Puts what another tree has at a path there.
  mutating func take(_ path: Path, from other: Tree) async throws {
    if objects == nil { self = Tree(root: root, objects: other.objects) }
    try await put(try await other.child(at: path), at: path)
  }

  private mutating func put(_ child: Directory.Child, at path: Path) async throws {
    try path.check()
    guard !path.isRoot else { throw StoreError.rootIsDirectory }
    try await root.set(path.steps[...], child, objects)
  }

  // MARK: Hashing

  /// The id of the tree object that this tree is, without storing it: in the layout of the repository
  /// that it comes from, or ``DirectoryLayout/git``.
  ///
  /// - Throws: ``StoreError/wrongHash(found:asked:in:)`` where the repository that it comes from has ids of another kind.
  public func hash(_ algorithm: HashAlgorithm) async throws -> ObjectID {
    if let objects, objects.algorithm != algorithm {
      throw StoreError.wrongHash(
        found: objects.algorithm.rawValue, asked: algorithm.rawValue, in: objects.location)
    }
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

  /// As ``write(_:into:)`` for what is at a path alone; nil when nothing is.
  func writeEntry(_ path: Path, into new: inout [IdentifiedObject]) async throws -> Entry? {
    switch try await child(at: path) {
    case .absent: return nil
    case .entry(let entry): return entry
    case .blob(let mode, let blob):
      let object = IdentifiedObject(blob, algorithm)
      new.append(object)
      return Entry(mode: mode, id: object.id)
    case .directory(let directory):
      return try await directory.write(objects, algorithm, into: &new)
        .map { Entry(mode: .tree, id: $0) }
    }
  }

  /// The id of this tree, and where it is to be found under that with all that is in it, stored or not.
  func readable() async throws -> (id: ObjectID, objects: ObjectDatabase) {
    var new: [IdentifiedObject] = []
    let id = try await write(algorithm, into: &new)
    if new.isEmpty, let objects { return (id, objects) }
    let all = VirtualObjects(new, over: objects?.engine, algorithm)
    return (id, ObjectDatabase(engine: all, cacheSize: 8 << 20))
  }

  // MARK: -

  private var algorithm: HashAlgorithm { objects?.algorithm ?? .sha1 }

  static func emptyID(_ algorithm: HashAlgorithm) -> ObjectID {
    TreeObject.empty.framed.id(algorithm)
  }

  /// The entry at a path if that takes no round trip: nil when it does.
  func cachedEntry(_ path: Path) throws -> Entry?? {
    guard var id = root.base, root.isUnedited, let objects else { return nil }
    for (depth, step) in path.steps.enumerated() {
      guard let known = try objects.cachedEntry(named: step, in: id) else { return nil }
      guard let found = known else { return .some(nil) }
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
}

extension FileMode {
  /// Refuses a mode that Git does not write.
  func check() throws(StoreError) {
    // Trees from elsewhere may have the last one.
    guard self == canonical || self == .groupWritable else {
      throw .unencodable(
        type: "FileMode", reason: "\(self) is not one of 100644, 100755, 120000, 40000 and 160000")
    }
  }

  /// Refuses a mode that no blob has.
  func checkBlob() throws(StoreError) {
    try check()
    guard objectKind == .blob else {
      throw .unencodable(
        type: "FileMode", reason: "\(self) is not the mode of a value: use 100644, 100755 or 120000"
      )
    }
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
