import Irminsul

/// What a store holds after a run: the history of each branch, the values at their heads, and the log.
struct StoreHistory: Sendable {
  /// A commit, and the operation that its message names.
  struct Entry: Sendable, Equatable {
    var commit: String
    /// nil for the commit that has prepared the store.
    var operation: OperationID?
  }

  /// A change of a branch in the store's log.
  struct LogEntry: Sendable, Equatable {
    var position: Int64
    var branch: String
    var old: String?
    var new: String?
  }

  /// The first-parent history of each branch, oldest first, as far as it is kept.
  var commits: [String: [Entry]] = [:]
  /// What the oldest commit holds of each branch whose history has been cut, by path.
  var starts: [String: [String: String]] = [:]
  /// What the head of each branch holds, by path.
  var values: [String: [String: String]] = [:]
  /// The log, oldest first, as far as it is kept.
  var log: [LogEntry] = []

  init() {}

  /// Reads it by the library's public calls.
  init(reading repository: Repository) async throws {
    for (branch, head) in try await repository.heads() {
      let (entries, cut) = try await Self.commits(to: head, in: repository)
      commits[branch] = entries
      if let cut { starts[branch] = try await Self.values(in: try await repository.tree(cut)) }
      values[branch] = try await Self.values(in: try await repository.tree(head))
    }
    log = try await Self.log(of: repository)
  }

  /// The commits of a branch, and the oldest of them if its history has been cut there.
  private static func commits(
    to head: ObjectID, in repository: Repository
  ) async throws -> (entries: [Entry], cut: ObjectID?) {
    var entries: [Entry] = []
    var wanted: ObjectID? = head
    var oldest = head
    for try await commit in repository.log(from: head) {
      // Nothing is merged, so the log is one line.
      guard commit.id == wanted, commit.parents.count < 2 else {
        throw BenchError("commit \(commit.id) is not the parent of the one after it")
      }
      entries.append(
        Entry(commit: commit.id.hex, operation: StoreOperation.id(inMessage: commit.message)))
      wanted = commit.parents.first
      oldest = commit.id
    }
    guard let wanted else { return (entries.reversed(), nil) }
    guard try await repository.boundary().contains(oldest) else {
      throw BenchError(
        "the history ends at \(oldest), whose parent is \(wanted), and was not cut there")
    }
    return (entries.reversed(), oldest)
  }

  private static func values(in tree: Tree) async throws -> [String: String] {
    var values: [String: String] = [:]
    var folders = [Path.root]
    while let folder = folders.popLast() {
      for item in try await tree.list(folder) {
        let path = folder.appending(item.name)
        if item.entry.mode.isTree {
          folders.append(path)
        } else {
          values["\(path)"] = try await tree.find(path).map { String(decoding: $0, as: UTF8.self) }
        }
      }
    }
    return values
  }

  private static func log(of repository: Repository) async throws -> [LogEntry] {
    var entries: [LogEntry] = []
    var before: Int64?
    while true {
      let page = try await repository.refLog(before: before, limit: 1000)
      guard let oldest = page.last else { return entries.reversed() }
      entries += page.map {
        LogEntry(
          position: $0.position, branch: $0.branch ?? $0.ref, old: $0.old?.hex, new: $0.new?.hex)
      }
      before = oldest.position
    }
  }
}
