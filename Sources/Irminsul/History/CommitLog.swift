import GitObjects

/// The history of a commit, newest first. By default as `git log` orders it: by committer date, and never a
/// parent before all of its children that the walk has met.
///
/// ```swift
/// for try await commit in repository.log(from: head).prefix(10) { print(commit) }
/// ```
///
/// Commits are fetched up to a thousand at a time, more with each round trip. Each is visited once, and
/// no more of them than are taken, unless ``LogOptions/order`` needs the whole.
public struct CommitLog: AsyncSequence, Sendable {
  public typealias Element = Commit

  let objects: ObjectDatabase
  let start: [ObjectID]
  var options = LogOptions()

  public func makeAsyncIterator() -> Iterator {
    Iterator(walk: CommitWalk(objects, from: start, options, keeping: .commits))
  }

  public struct Iterator: AsyncIteratorProtocol {
    var walk: CommitWalk
    private var isEnded = false

    init(walk: CommitWalk) { self.walk = walk }

    public mutating func next() async throws -> Commit? {
      if isEnded { return nil }
      guard let id = try await walk.next() else {
        isEnded = true
        return nil
      }
      return try await walk.commit(id)
    }
  }
}

extension Repository {
  /// The history of a commit, newest first.
  ///
  /// Source: `git log`.
  public func log(from commit: ObjectID, _ options: LogOptions = LogOptions()) -> CommitLog {
    log(from: [commit], options)
  }

  /// The history of several commits together, each once.
  public func log(from commits: [ObjectID], _ options: LogOptions = LogOptions()) -> CommitLog {
    CommitLog(objects: objects, start: commits, options: options)
  }
}

extension Branch {
  /// The branch's history, newest first: at most `limit` commits after the first `skip`. One round
  /// trip for each page of commits, those that are skipped among them.
  ///
  /// The branch may move between two pages. Pages of one state begin at a commit:
  ///
  /// ```swift
  /// for try await commit in repository.log(from: head).dropFirst(100).prefix(50) { … }
  /// ```
  public func log(
    limit: Int = .max, skip: Int = 0, _ options: LogOptions = LogOptions()
  ) async throws -> [Commit] {
    guard let head = try await head(), limit > 0 else { return [] }
    var commits: [Commit] = []
    var skipped = 0
    for try await commit in repository.log(from: head.id, options) {
      if skipped < skip {
        skipped += 1
        continue
      }
      commits.append(commit)
      if commits.count >= limit { break }
    }
    return commits
  }
}
