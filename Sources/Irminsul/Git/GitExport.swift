import Foundation
import GitObjects
import RedisScripting

/// What an export has written.
public struct ExportSummary: Sendable, Hashable, Codable {
  /// Objects that the store's refs and HEAD reach.
  public let objects: Int
  /// Their bytes in the store.
  public let bytes: Int
  public let refs: Int
}

/// How an export's objects are kept on the disk.
public enum ExportPacking: Sendable, Hashable {
  /// As differences from one another where that saves bytes: several times smaller.
  case deltas
  /// Each compressed by itself: several times faster.
  case whole
}

/// The form of an export's directories.
public enum ExportForm: Sendable, Hashable {
  /// As they are stored, to the byte: every id stays what it is.
  case stored
  /// One tree each, as `git` itself makes them. Commits that reach a wide directory get new ids, and
  /// lose their signatures.
  case plain
}

extension Repository {
  /// Writes the store as a bare Git repository: all refs, HEAD, and every object that they reach,
  /// the same to the byte. A history that has been cut makes it a shallow repository.
  ///
  /// The repository appears complete or not at all: it is made beside its place and then renamed.
  /// Each object's id is checked on the way. `git` packs everything at the end, which takes the
  /// longer part of the time; until then the disk holds the objects uncompressed.
  ///
  /// Memory: an id for each object, and a few batches of about a megabyte or a single larger object.
  /// Needs `git` 2.31 or later in PATH.
  ///
  /// - Parameters:
  ///   - path: A folder that does not exist, in one that does, or an empty folder.
  ///   - packing: What matters more, room or time.
  ///   - form: Of a store with wide directories.
  ///   - progress: Called now and then, from one task at a time.
  /// - Throws: `GitError.notEmpty` and other ``StoreError/git(_:)``,
  ///   ``StoreError/missingObject(_:in:)``, ``StoreError/damagedObject(_:in:reason:)``, other cases of
  ///   ``StoreError`` for the store, `CancellationError`.
  @discardableResult
  public func exportGit(
    to path: String, packing: ExportPacking = .deltas, form: ExportForm = .stored,
    progress: @escaping @Sendable (TransferProgress) -> Void = { _ in }
  ) async throws -> ExportSummary {
    let engine = try scripted("export")
    return try await Lease.reading(engine, []) { [self] in
      try await exportGit(to: path, packing, form, engine, progress)
    }
  }

  private func exportGit(
    to path: String, _ packing: ExportPacking, _ form: ExportForm, _ engine: ScriptedEngine,
    _ progress: @escaping @Sendable (TransferProgress) -> Void
  ) async throws -> ExportSummary {
    let program = try SourceRepository.program()
    let folder = try Self.gitErrors { () throws(GitError) in try ExportFolder(path: path) }
    defer { folder.discard() }
    let export = GitExport(
      engine: engine, program: program, folder: folder, packing: packing,
      conversion: form == .plain ? ObjectDatabase(engine: engine, cacheSize: 64 << 20) : nil,
      progress: progress)
    let summary = try await export.run(head: try await headReference())
    try Self.gitErrors { () throws(GitError) in try folder.finish() }
    return summary
  }

  fileprivate static func gitErrors<Value>(
    _ body: () throws(GitError) -> Value
  ) throws(StoreError) -> Value {
    do {
      return try body()
    } catch {
      throw .git(error)
    }
  }
}

/// Fills an export's folder.
struct GitExport {
  let engine: ScriptedEngine
  let program: GitProgram
  let folder: ExportFolder
  let packing: ExportPacking
  /// Where plain trees are made from; nil to export what is stored.
  let conversion: ObjectDatabase?
  let progress: @Sendable (TransferProgress) -> Void

  func run(head: String) async throws -> ExportSummary {
    var refs = try await soundRefs()
    var head = head
    let detached = try detachedHead(head)
    _ = try await git([
      "init", "--bare", "--quiet", "--template=", "--object-format=\(engine.algorithm.rawValue)",
      ".",
    ])
    let tips = refs.map(\.id) + (detached.map { [$0] } ?? [])
    // Asked for under the lease, they stay.
    for start in stride(from: 0, to: tips.count, by: 1000) {
      _ = try await engine.storedKinds(Array(tips[start..<min(tips.count, start + 1000)]))
    }
    let pack = try await writePack(tips: tips)
    refs = refs.map { ($0.name, pack.converted[$0.id] ?? $0.id) }
    if let detached { head = (pack.converted[detached] ?? detached).hex }
    try writeRefs(refs, head: head)
    if !pack.boundary.isEmpty {
      try Repository.gitErrors { () throws(GitError) in
        try folder.write(
          pack.boundary.sorted().flatMap { Bytes("\($0.hex)\n".utf8) }, to: "shallow")
      }
    }
    if pack.objectCount > 0 {
      progress(TransferProgress(phase: "index", done: 0, total: nil, bytes: 0))
      _ = try await git(["--git-dir=.", "index-pack", pack.name])
      progress(TransferProgress(phase: "pack", done: 0, total: nil, bytes: 0))
      _ = try await git(repack(bytes: pack.byteCount))
    }
    return ExportSummary(objects: pack.objectCount, bytes: pack.byteCount, refs: refs.count)
  }

  // MARK: Refs

  private func soundRefs() async throws -> [(name: Bytes, id: ObjectID)] {
    let table = try await engine.refTable()
    for name in table.damaged.keys {
      throw unusable(name, "holds no id\nRun verify and set the ref again.")
    }
    for name in table.refs.keys {
      if let problem = RefName.problem(name) { throw unusable(name, problem) }
      guard name.starts(with: "refs/".utf8) else {
        throw unusable(name, "does not start with \"refs/\", as Git asks")
      }
    }
    // As they are at one moment.
    return try await engine.listing(prefix: "").refs.map { ($0.key, $0.value) }
      .sorted { $0.name.lexicographicallyPrecedes($1.name) }
  }

  private func detachedHead(_ head: String) throws -> ObjectID? {
    if let id = ObjectID(hex: head), id.algorithm == engine.algorithm { return id }
    guard head.hasPrefix("ref: refs/"), RefName.problem(head.dropFirst("ref: ".count)) == nil else {
      throw unusable(Bytes("HEAD".utf8), "says \"\(head)\", which Git would not understand")
    }
    return nil
  }

  private func unusable(_ name: Bytes, _ reason: String) -> StoreError {
    .git(.unusableRef(name: String(decoding: name, as: UTF8.self), reason: reason))
  }

  private func writeRefs(_ refs: [(name: Bytes, id: ObjectID)], head: String) throws {
    // As files: one write for any number of refs. The lines are sorted; git peels tags itself.
    var lines = Bytes("# pack-refs with: sorted \n".utf8)
    for ref in refs {
      lines += ref.id.hex.utf8
      lines.append(UInt8(ascii: " "))
      lines += ref.name
      lines.append(UInt8(ascii: "\n"))
    }
    do {
      try folder.write(lines, to: "packed-refs")
      try folder.write(Bytes("\(head)\n".utf8), to: "HEAD")
    } catch {
      throw StoreError.git(error)
    }
  }

  // MARK: Objects

  private struct Written {
    var name = ""
    var objectCount = 0
    var byteCount = 0
    /// What became of the tips.
    var converted: [ObjectID: ObjectID] = [:]
    /// Commits whose parents were left out, where the store's history has been cut.
    var boundary: Set<ObjectID> = []
  }

  private func writePack(tips: [ObjectID]) async throws -> Written {
    var written = Written()
    if tips.isEmpty { return written }
    var writer = PackWriter(
      path: "\(folder.stage)/objects/pack/unfinished", algorithm: engine.algorithm)
    defer { writer.close() }
    var told = 0
    func write(_ object: StoredObject) async throws {
      do {
        try await writer.append(object)
      } catch let error as BlockingFile.Failure {
        throw cannotWrite(error)
      }
      written.objectCount += 1
      written.byteCount += object.size
      if written.byteCount - told >= 1 << 20 || written.objectCount % 1000 == 0 {
        told = written.byteCount
        try Task.checkCancellation()
        progress(
          TransferProgress(
            phase: "objects", done: written.objectCount, total: nil, bytes: written.byteCount))
      }
    }
    if let conversion {
      let cut = try await engine.boundary().commits
      var plain = PlainConversion(conversion, cut: cut, write: write)
      for tip in tips { written.converted[tip] = try await plain.convert(tip) }
      written.boundary = plain.boundary
    } else {
      var walk = ReachableWalk(engine: engine)
      try await walk.run(from: tips) { sight in
        guard let bytes = sight.bytes else {
          throw StoreError.missingObject(sight.id, in: engine.location)
        }
        let object = try engine.storedObject(sight.id, bytes)
        try await write(object)
        return try object.links(sight.id, in: engine.location)
      }
      written.boundary = walk.boundary
    }
    do {
      // git repack leaves packs alone that are not named so.
      written.name = "objects/pack/pack-\(try await writer.finish()).pack"
    } catch {
      throw cannotWrite(error)
    }
    guard rename(writer.path, "\(folder.stage)/\(written.name)") == 0 else {
      throw cannotWrite(BlockingFile.Failure(number: errno))
    }
    progress(
      TransferProgress(
        phase: "objects", done: written.objectCount, total: written.objectCount,
        bytes: written.byteCount))
    return written
  }

  private func cannotWrite(_ error: BlockingFile.Failure) -> StoreError {
    .git(.cannotWrite(path: folder.stage, reason: "\(error)"))
  }

  // MARK: git

  /// The command that compresses the objects.
  private func repack(bytes: Int) -> [String] {
    [
      // Of memory, git takes a window for each thread, and caches beside them.
      "--git-dir=.", "-c", "pack.windowMemory=48m", "-c", "core.bigFileThreshold=32m",
      "-c", "pack.deltaCacheSize=32m", "-c", "core.deltaBaseCacheLimit=32m",
      "-c", "core.packedGitLimit=64m", "-c", "core.packedGitWindowSize=1m",
      "-c", "pack.threads=\(min(2, ProcessInfo.processInfo.activeProcessorCount))", "repack", "-a",
      "-d", "-q", "-f",
      // Fewer attempts for very many bytes.
      "--window=\(packing == .whole ? 0 : bytes < 1 << 30 ? 10 : 4)", "--depth=50",
    ]
  }

  private func git(_ arguments: [String]) async throws -> [UInt8] {
    try await GitProcess.output(
      of: program, arguments, in: folder.stage, configuration: .none)
  }
}
