import GitObjects
import RedisScripting

/// A directory: what a path's steps name. It is the entries of a stored tree with edits on top that
/// are not written yet. How entries become tree objects is the ``DirectoryLayout``'s matter.
struct Directory: Sendable {
  /// The stored form that the edits apply to; nil for an empty directory.
  let base: ObjectID?
  private(set) var edits: [Bytes: Child] = [:]

  /// What is under one name.
  enum Child: Sendable {
    case absent
    case entry(Entry)
    case blob(FileMode, FramedObject)
    case directory(Directory)
  }

  static let empty = Directory(base: nil)

  init(base: ObjectID?) {
    self.base = base
  }

  /// A directory of nothing but these.
  init(edits: [Bytes: Child]) {
    base = nil
    self.edits = edits
  }

  /// Whether nothing was edited since it was read.
  var isUnedited: Bool { edits.isEmpty }

  /// What is under a name; a stored directory that has no edits comes as its entry.
  func child(_ name: Bytes, _ objects: ObjectDatabase?) async throws -> Child {
    if let edit = edits[name] { return edit }
    guard let base, let objects else { return .absent }
    guard let entry = try await objects.entry(named: name, in: base) else { return .absent }
    return .entry(Entry(mode: entry.mode, id: entry.id))
  }

  /// Puts something under the last of some steps; what is no directory on the way becomes one.
  mutating func set(
    _ steps: ArraySlice<Bytes>, _ child: Child, _ objects: ObjectDatabase?
  ) async throws {
    guard let step = steps.first else { return }
    if steps.count == 1 {
      edits[step] = child
      return
    }
    var inner: Directory
    switch try await self.child(step, objects) {
    case .directory(let edited): inner = edited
    case .entry(let entry) where entry.mode.isTree: inner = Directory(base: entry.id)
    case .absent, .entry, .blob: inner = .empty
    }
    // Taken out while it changes: two that hold its edits would have them copied.
    let isDirectory = if case .directory? = edits[step] { true } else { false }
    let before = isDirectory ? nil : edits[step]
    edits[step] = nil
    do {
      try await inner.set(steps.dropFirst(), child, objects)
      edits[step] = .directory(inner)
    } catch {
      // What failed has changed nothing inside.
      edits[step] = isDirectory ? .directory(inner) : before
      throw error
    }
  }

  /// Its entries in Git's order, after the edits. An edited directory inside is hashed for that.
  func entries(_ objects: ObjectDatabase?, _ algorithm: HashAlgorithm) async throws -> [TreeEntry] {
    if edits.isEmpty {
      guard let base, let objects else { return [] }
      return try await objects.entries(of: base)
    }
    var written: [IdentifiedObject] = []
    switch try await form(objects, algorithm, into: &written) {
    case .git(let tree): return tree.entries
    case .wide(let editor, let group):
      guard let group else { return [] }
      return try await editor.entries(of: group)
    }
  }

  /// What it becomes: one tree, or a group of trees.
  private enum Form {
    case git(TreeObject)
    /// nil when it is empty.
    case wide(WideEditor, WideGroup?)
  }

  /// The form that it has after the edits, and the new objects that its entries refer to.
  private func form(
    _ objects: ObjectDatabase?, _ algorithm: HashAlgorithm, into new: inout [IdentifiedObject]
  ) async throws -> Form {
    var changes: [TreeEdit] = []
    for (name, child) in edits {
      switch child {
      case .absent: changes.append(.remove(name: name))
      case .entry(let entry):
        changes.append(.set(TreeEntry(name: name, mode: entry.mode, id: entry.id)))
      case .blob(let mode, let object):
        let blob = IdentifiedObject(object, algorithm)
        new.append(blob)
        changes.append(.set(TreeEntry(name: name, mode: mode, id: blob.id)))
      case .directory(let directory):
        // A directory that holds nothing is not there.
        if let id = try await directory.write(objects, algorithm, into: &new) {
          changes.append(.set(TreeEntry(name: name, mode: .tree, id: id)))
        } else {
          changes.append(.remove(name: name))
        }
      }
    }
    if objects?.layout == .wide {
      var editor = WideEditor(objects, algorithm)
      let group = try await editor.changed(base, changes)
      return .wide(editor, group)
    }
    var tree = TreeObject.empty
    if let base, let objects { tree = try await objects.tree(base) }
    return .git(try tree.applying(changes))
  }

  /// The id of its stored form, with the objects that must be stored for it appended to `new`; nil
  /// when it is empty.
  func write(
    _ objects: ObjectDatabase?, _ algorithm: HashAlgorithm, into new: inout [IdentifiedObject]
  ) async throws -> ObjectID? {
    if edits.isEmpty { return base }
    switch try await form(objects, algorithm, into: &new) {
    case .git(let tree):
      if tree.entries.isEmpty { return nil }
      let object = IdentifiedObject(tree.framed, algorithm)
      if object.id != base { new.append(object) }
      return object.id
    case .wide(var editor, let group):
      guard let group else { return nil }
      let id = editor.writeTop(group)
      if id != base { new += editor.new }
      return id
    }
  }
}
