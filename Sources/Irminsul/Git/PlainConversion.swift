import GitObjects
import RedisScripting

/// Rewrites a history with wide directories as one in which each directory is one tree: what `git`
/// itself would have made of the same contents. Commits and tags that refer to changed ones get new
/// ids; signatures of theirs, which would not hold any more, are left out.
///
/// Memory: two ids for each tree, commit and tag.
struct PlainConversion {
  let objects: ObjectDatabase
  /// Gets each object of the new history once, those it refers to before it.
  let write: (StoredObject) async throws -> Void
  /// Commits whose parents do not count.
  private let cut: Set<ObjectID>
  /// What became of those of them that have parents.
  private(set) var boundary: Set<ObjectID> = []
  /// What became of trees, commits and tags.
  private var plain: [ObjectID: ObjectID] = [:]
  private var written: Set<ObjectID> = []

  init(
    _ objects: ObjectDatabase, cut: Set<ObjectID>,
    write: @escaping (StoredObject) async throws -> Void
  ) {
    self.objects = objects
    self.cut = cut
    self.write = write
  }

  /// What becomes of what a ref points to, after everything that it reaches.
  mutating func convert(_ id: ObjectID) async throws -> ObjectID {
    // A chain of commits is as long as the history: no recursion.
    var path = [id]
    while let next = path.last {
      if plain[next] != nil || written.contains(next) {
        path.removeLast()
        continue
      }
      let object = try await objects.read(next)
      let waiting: [ObjectID]
      switch object.kind {
      case .commit:
        // The parents of a commit at the boundary keep the ids that they had.
        let parents = cut.contains(next) ? [] : try commit(object, next).parents
        waiting = parents.filter { plain[$0] == nil }
      case .tag: waiting = [try tag(object, next).object].filter { !isDone($0) }
      case .tree, .blob: waiting = []
      }
      if waiting.isEmpty {
        plain[next] = try await converted(object, next)
        path.removeLast()
      } else {
        path += waiting
      }
    }
    return plain[id] ?? id
  }

  private func isDone(_ id: ObjectID) -> Bool { plain[id] != nil || written.contains(id) }

  private mutating func converted(_ object: FramedObject, _ id: ObjectID) async throws -> ObjectID {
    switch object.kind {
    case .blob: return try await add(object)
    case .tree: return try await directory(id)
    case .tag:
      let tag = try tag(object, id)
      return try await replaced(object, ids: [tag.object], id)
    case .commit:
      let commit = try commit(object, id)
      plain[commit.tree] = try await directory(commit.tree)
      let isCut = cut.contains(id)
      let new = try await replaced(
        object, ids: [commit.tree] + (isCut ? [] : commit.parents), id)
      if isCut, !commit.parents.isEmpty { boundary.insert(new) }
      return new
    }
  }

  /// The tree of a directory and everything below it.
  private mutating func directory(_ id: ObjectID) async throws -> ObjectID {
    if let known = plain[id] { return known }
    let stored = try await objects.tree(id)
    let entries = try await objects.entries(of: id)
    var changed: [TreeEntry] = []
    changed.reserveCapacity(entries.count)
    var isSame = entries == stored.entries
    for entry in entries {
      if entry.mode.isSubmodule {
        changed.append(entry)
        continue
      }
      var new = entry.id
      if entry.mode.isTree {
        new = try await directory(entry.id)
      } else if !written.contains(entry.id) {
        try await addBlob(entry.id)
      }
      if new != entry.id { isSame = false }
      changed.append(TreeEntry(name: entry.name, mode: entry.mode, id: new))
    }
    let tree = isSame ? stored.framed : TreeObject(unchecked: changed).framed
    let result = try await add(tree)
    plain[id] = result
    return result
  }

  /// A commit or tag with the ids of its first lines replaced by what became of them.
  private mutating func replaced(
    _ object: FramedObject, ids: [ObjectID], _ id: ObjectID
  ) async throws -> ObjectID {
    let new = ids.map { plain[$0] ?? $0 }
    if new == ids { return try await add(object) }
    var text: Bytes = []
    var rest = object.content[...]
    // `tree` and `parent` lines, or the `object` line, come first, one id each.
    for id in new {
      guard let space = rest.firstIndex(of: UInt8(ascii: " ")),
        let end = rest.firstIndex(of: UInt8(ascii: "\n"))
      else { break }
      text += rest[rest.startIndex...space]
      text += id.hex.utf8
      text.append(UInt8(ascii: "\n"))
      rest = rest[(end + 1)...]
    }
    text += Self.withoutSignatures(rest)
    return try await add(FramedObject(kind: object.kind, content: text))
  }

  /// Header lines and message without `gpgsig` headers.
  private static func withoutSignatures(_ lines: ArraySlice<UInt8>) -> Bytes {
    var kept: Bytes = []
    var rest = lines
    var isSignature = false
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")), end > rest.startIndex {
      let line = rest[rest.startIndex...end]
      if line.first != UInt8(ascii: " ") {
        isSignature = line.starts(with: "gpgsig ".utf8) || line.starts(with: "gpgsig-sha256 ".utf8)
      }
      if !isSignature { kept += line }
      rest = rest[(end + 1)...]
    }
    return kept + rest
  }

  private mutating func add(_ object: FramedObject) async throws -> ObjectID {
    let id = object.id(objects.algorithm)
    if written.insert(id).inserted { try await write(.object(object)) }
    return id
  }

  private mutating func addBlob(_ id: ObjectID) async throws {
    guard let content = try await objects.content(id) else {
      throw StoreError.missingObject(id, in: objects.location)
    }
    guard written.insert(id).inserted else { return }
    switch content.source {
    case .whole(let object): try await write(.object(object))
    case .chunks(let chunks): try await write(.chunks(chunks))
    }
  }

  private func commit(_ object: FramedObject, _ id: ObjectID) throws(StoreError) -> CommitObject {
    do {
      return try CommitObject(parsing: object.content, algorithm: objects.algorithm)
    } catch {
      throw .damagedObject(id, in: objects.location, reason: "\(error)")
    }
  }

  private func tag(_ object: FramedObject, _ id: ObjectID) throws(StoreError) -> TagObject {
    do {
      return try TagObject(parsing: object.content, algorithm: objects.algorithm)
    } catch {
      throw .damagedObject(id, in: objects.location, reason: "\(error)")
    }
  }
}
