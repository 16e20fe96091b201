import Foundation
import GitObjects
import RedisScripting

/// What goes into a slice.
///
/// ```swift
/// var options = SliceOptions()
/// options.since = [lastBackup]  // what came after it
/// try await repository.exportSlice(to: "monday.slice", options)
/// ```
public struct SliceOptions: Sendable {
  /// The refs, by full name or as branches; nil: all. They are in the slice, and what they lead to.
  public var refs: [String]?
  /// Further commits from which to begin, which need no ref.
  public var max: [ObjectID] = []
  /// Commits that are in the slice and whose parents are left out.
  public var min: Set<ObjectID> = []
  /// Commits that are left out with their histories: whoever imports the slice must have them.
  public var since: [ObjectID] = []
  /// How many steps from child to parent it goes; 0: the heads alone; nil: to the end.
  public var depth: Int?
  /// Whether trees and blobs are in it; without them it is the history alone.
  public var isFull = true

  public init() {}
}

/// What an export into a slice, or an import of one, has moved.
public struct SliceSummary: Sendable, Hashable, Codable {
  public let objects: Int
  /// Those of them that the store did not have; of an export, all.
  public let newObjects: Int
  /// Bytes of the file.
  public let bytes: Int
  /// Refs that the slice has.
  public let refs: Int
  /// Those of them that an import has set.
  public let changedRefs: Int
  /// Commits that the slice goes on from, and does not have.
  public let needed: Int
}

extension Repository {
  /// Writes a part of the store, or all of it, into a file: see `Slices` for the format.
  ///
  /// The file is written as the store is read: memory is bounded by some megabytes, the largest object, and an id for
  /// each object. What refs point to when it begins is in it, whatever is written or collected meanwhile. Where the
  /// store's history has been cut, the slice's is, and that of a store which imports it.
  ///
  /// - Parameters:
  ///   - path: A file that is not there yet; `-` for standard output.
  ///   - options: Which part of the store.
  ///   - progress: Told of what is written.
  /// - Throws: ``StoreError/slice(_:)`` for the file, which is removed again; ``StoreError/noSuchBranch(_:)``,
  ///   ``StoreError/missingObject(_:in:)``.
  ///
  /// Source: Irmin's `Repo.export`; `git bundle create`.
  @discardableResult
  public func exportSlice(
    to path: String, _ options: SliceOptions = SliceOptions(),
    progress: @escaping TransferReport = { _ in }
  ) async throws -> SliceSummary {
    try await Lease.reading(engine, []) { [self] in
      try await withNewFile(path) { file in
        try await exportSlice(to: file, path: path, options, progress: progress)
      }
    }
  }

  /// Writes one commit's tree, without any history, into a slice: a copy of a state, to be opened as a store of its
  /// own. The commit has no parents, hence another id; its message ends with a line that says which it was.
  ///
  /// Source: Irmin's `Snapshot` and `create_one_commit_store`; `git archive`.
  ///
  /// - Parameters:
  ///   - commit: Whose state it is.
  ///   - path: A file that is not there yet.
  ///   - branch: What the commit is called in the slice.
  ///   - progress: Told of what is written.
  /// - Returns: The commit in the slice.
  @discardableResult
  public func exportSnapshot(
    of commit: ObjectID, to path: String, as branch: String = "main",
    progress: @escaping TransferReport = { _ in }
  ) async throws -> (commit: ObjectID, summary: SliceSummary) {
    try Branch.check(branch)
    let single = try await snapshotCommit(of: commit)
    let summary = try await Lease.reading(engine, [commit]) { [self] in
      try await writeSnapshot(single, of: commit, to: path, as: branch, progress)
    }
    return (single.id, summary)
  }

  private func writeSnapshot(
    _ single: IdentifiedObject, of commit: ObjectID, to path: String, as branch: String,
    _ progress: @escaping TransferReport
  ) async throws -> SliceSummary {
    try await withNewFile(path) { file in
      var writer = SliceWriter(
        file, path: path, SliceHeader(algorithm: algorithm, layout: layout))
      try await writer.append(.head(Bytes("ref: \(Branch.refName(branch))".utf8)))
      try await writer.append(.ref(Bytes(Branch.refName(branch).utf8), single.id))
      let tree = try await objects.rootTree(of: commit)
      var new = NewObjects(objects, wants: [tree], complete: [])
      try await write(&new, to: &writer, progress)
      try await writer.append(.object(single.id, single.object))
      try await writer.finish()
      return SliceSummary(
        objects: writer.objects, newObjects: writer.objects, bytes: writer.byteCount, refs: 1,
        changedRefs: 0, needed: 0)
    }
  }

  func exportSlice(
    to file: BlockingFile, path: String, _ options: SliceOptions, progress: TransferReport
  ) async throws -> SliceSummary {
    var refs: [(name: String, id: ObjectID)] = []
    if let names = options.refs {
      for name in names {
        let full = name.hasPrefix("refs/") ? name : Branch.refName(name)
        guard let id = try await target(of: full) else { throw StoreError.noSuchBranch(name) }
        refs.append((full, id))
      }
    } else if options.max.isEmpty {
      refs = try await engine.refs(prefix: "refs/").sorted { $0.key < $1.key }
        .map { ($0.key, $0.value) }
    }
    var new = NewObjects(
      objects, wants: refs.map(\.id) + options.max, complete: options.since,
      cut: NewObjects.Cut(
        min: options.min, depth: options.depth, hasContents: options.isFull))
    try await new.begin()
    return try await write(&new, refs: refs, hasHead: true, to: file, path: path, progress)
  }

  /// Writes new objects, and what whoever imports them must know.
  func write(
    _ new: inout NewObjects, refs: [(name: String, id: ObjectID)], hasHead: Bool,
    to file: BlockingFile, path: String, _ progress: TransferReport
  ) async throws -> SliceSummary {
    let boundary = new.cutParents.keys.sorted()
    let header = SliceHeader(
      algorithm: algorithm, layout: layout, version: boundary.isEmpty ? 1 : 2)
    var writer = SliceWriter(file, path: path, header)
    if hasHead, engine is ScriptedEngine {
      try await writer.append(.head(Bytes(try await headReference().utf8)))
    }
    for ref in refs { try await writer.append(.ref(Bytes(ref.name.utf8), ref.id)) }
    let needed = new.needed
    for id in needed { try await writer.append(.needed(id)) }
    for id in boundary { try await writer.append(.boundary(id)) }
    try await write(&new, to: &writer, progress)
    try await writer.finish()
    return SliceSummary(
      objects: writer.objects, newObjects: writer.objects, bytes: writer.byteCount,
      refs: refs.count, changedRefs: 0, needed: needed.count)
  }

  private func write(
    _ new: inout NewObjects, to writer: inout SliceWriter, _ progress: TransferReport
  ) async throws {
    while let batch = try await new.next() {
      var rest = batch.items.map(\.id)[...]
      while !rest.isEmpty {
        let page = try await engine.readStoredPage(rest)
        guard !page.isEmpty else { throw StoreError.unexpectedReply("no object", in: location) }
        for (id, object) in zip(rest, page) {
          guard let object else { throw StoreError.missingObject(id, in: location) }
          switch object {
          case .object(let object): try await writer.append(.object(id, object))
          case .chunks(let chunks): try await writer.append(chunks.content)
          }
        }
        rest = rest.dropFirst(page.count)
        progress(
          TransferProgress(
            phase: "objects", done: writer.objects, total: nil, bytes: writer.byteCount))
      }
    }
  }

  /// A commit with the tree of another one and no parents.
  private func snapshotCommit(of id: ObjectID) async throws -> IdentifiedObject {
    let commit = try await commit(id)
    guard let author = commit.author, let committer = commit.committer else {
      throw StoreError.damagedObject(id, in: location, reason: "it does not say who made it")
    }
    var message = commit.messageBytes
    while message.last == UInt8(ascii: "\n") { message.removeLast() }
    message += Bytes("\n\nSnapshot-of: \(id.hex)\n".utf8)
    let single = CommitObject(
      tree: commit.tree, parents: [], author: author, committer: committer,
      encoding: commit.object.encoding, message: message)
    return IdentifiedObject(single.framed, algorithm)
  }

  /// Makes a file, which has its name when all is in it: one that is there is whole.
  func withNewFile<Result: Sendable>(
    _ path: String, _ body: (BlockingFile) async throws -> Result
  ) async throws -> Result {
    if path == "-" { return try await body(BlockingFile(FileHandle.standardOutput)) }
    func failing<Value>(_ step: () async throws -> Value) async throws -> Value {
      do {
        return try await step()
      } catch {
        throw StoreError.slice(.file(path: path, reason: "\(error)"))
      }
    }
    let part = "\(path).\(String(UInt32.random(in: 0 ... .max), radix: 16)).part"
    let file = try await failing {
      try BlockingFile.checkAbsent(path)
      return try BlockingFile(creating: part)
    }
    do {
      let result = try await body(file)
      try await failing {
        try await file.synchronize()
        try BlockingFile.rename(part, to: path)
      }
      file.close()
      return result
    } catch {
      file.close()
      BlockingFile.remove(part)
      throw error
    }
  }
}
