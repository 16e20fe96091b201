/// A value of a known kind at a path of a branch, which many writers change at once: a counter, a
/// register, a log, a set, a map, a queue. It is a handle that holds no state but what it saw last.
///
/// ```swift
/// let visits = branch.counter(at: "visits")
/// try await visits.increment(by: 2)
/// let count = try await visits.value()
/// ```
///
/// Branches that hold one are merged with its rules: see ``MergeRules/init(of:otherwise:)`` and
/// <doc:Containers>.
public protocol Container: Sendable {
  /// The branch whose head is read and moved.
  var branch: Branch { get }
  /// Where the container is; everything below belongs to it.
  var path: Path { get }
  /// How what two branches have made of it is merged; none when the merge of trees does all.
  var mergeRules: [(pattern: PathPattern, merge: ContentMerge)] { get }
}

extension Container {
  /// The commit's info, unless the caller has one.
  func info(_ given: Info?, _ what: String) -> Info { given ?? Info("\(what) \(path)") }

  /// Commits edits of a container that is a directory, unless something else is in its place.
  ///
  /// - Throws: ``StoreError/wrongKind(_:found:wanted:)``.
  func commitInFolder(_ edits: [BranchEdit], _ info: Info) async throws -> WriteResult {
    do {
      return try await branch.commit([.check(path, .folder)] + edits, info)
    } catch StoreError.conflict(let name, let conflicts) {
      if let found = conflicts.first(where: { $0.path == path && $0.reason == .kind })?.found {
        throw StoreError.wrongKind(path, found: found.mode, wanted: "a directory")
      }
      throw StoreError.conflict(branch: name, conflicts)
    }
  }
}
