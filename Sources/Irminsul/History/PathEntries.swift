import GitObjects
import RedisScripting

/// What is at one path of the trees of many commits. Of each tree only the way to the path is looked at, on a
/// server by the server; those that a walk comes to next are asked for with the ones that it needs.
struct PathEntries {
  private struct Found {
    let entry: Entry?
  }

  let path: Path
  private let objects: ObjectDatabase
  /// By root tree. A commit that changes nothing costs nothing.
  private var known: [ObjectID: Found] = [:]
  /// How many the next round trip may look at: more, the longer the walk.
  private(set) var page = 16

  private static let maximumPage = 512

  init(_ path: Path, _ objects: ObjectDatabase) {
    self.path = path
    self.objects = objects
  }

  /// What is at the path of a tree that was loaded; nil for nothing.
  func entry(_ tree: ObjectID) -> Entry? { known[tree]?.entry }

  /// Looks at some trees and, where that takes a round trip, at more.
  mutating func load(_ trees: [ObjectID], ahead: (Int) -> [ObjectID]) async throws {
    let needed = trees.filter { known[$0] == nil }
    if needed.isEmpty { return }
    if path.isRoot {
      let empty = Tree.emptyID(objects.algorithm)
      for tree in needed {
        known[tree] = Found(entry: tree == empty ? nil : Entry(mode: .tree, id: tree))
      }
      return
    }
    try Task.checkCancellation()
    var wanted: [ObjectID] = []
    var isWanted: Set<ObjectID> = []
    for tree in needed + ahead(page) where known[tree] == nil && isWanted.insert(tree).inserted {
      wanted.append(tree)
    }
    page = min(page * 2, Self.maximumPage)
    for start in stride(from: 0, to: wanted.count, by: Self.maximumPage) {
      let batch = Array(wanted[start..<min(start + Self.maximumPage, wanted.count)])
      for (tree, entry) in zip(batch, try await find(batch)) { known[tree] = Found(entry: entry) }
    }
  }

  private func find(_ trees: [ObjectID]) async throws -> [Entry?] {
    if let engine = objects.engine as? ScriptedEngine {
      return try await engine.entries(at: path, of: trees)
    }
    var entries: [Entry?] = trees.map { Entry(mode: .tree, id: $0) }
    for name in path.steps {
      let folders = entries.compactMap { $0?.mode.isTree == true ? $0?.id : nil }
      var found: [ObjectID: Entry] = [:]
      for (id, tree) in zip(folders, try await objects.trees(folders)) {
        found[id] = tree.entry(named: name).map { Entry(mode: $0.mode, id: $0.id) }
      }
      entries = entries.map { entry in
        guard let entry, entry.mode.isTree else { return nil }
        return found[entry.id]
      }
    }
    return entries
  }
}

extension ScriptedEngine {
  /// What is at a path of some trees. One round trip.
  func entries(at path: Path, of trees: [ObjectID]) async throws -> [Entry?] {
    let reply = try await call(
      .entriesAt,
      [Bytes(layout.rawValue.utf8), Bytes("\(path.steps.count)".utf8)] + path.steps
        + trees.map(\.bytes))
    guard let fields = reply.array, fields.count == trees.count else {
      throw unexpected(.entriesAt, reply)
    }
    return try fields.map { field in
      guard let bytes = field.bytes else { return nil }
      guard let space = bytes.firstIndex(of: UInt8(ascii: " ")),
        let mode = Self.mode(Bytes(bytes[..<space])),
        let id = ObjectID(bytes: Bytes(bytes[(space + 1)...])), id.algorithm == algorithm
      else { throw unexpected(.entriesAt, reply) }
      return Entry(mode: mode, id: id)
    }
  }
}
