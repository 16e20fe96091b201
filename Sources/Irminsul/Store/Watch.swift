import GitObjects

/// A change of a branch, as a ``Watch`` gives it.
public struct BranchChange: Sendable, Hashable {
  /// What happened to the head.
  public enum Kind: Sendable, Hashable {
    case added(ObjectID)
    case updated(from: ObjectID, to: ObjectID)
    case removed(ObjectID)
  }

  /// The short name of the branch.
  public let branch: String
  public let kind: Kind
  /// Its place in the log; a watch from here gives everything after it.
  public let position: Int64
  /// Milliseconds since 1970, by the server's clock.
  public let milliseconds: Int64
  /// For a watch of a path: the blobs that differ there, with their whole paths.
  public let changes: [TreeChange]
  /// Whether a watch of a path knows what has changed there. false, with no `changes`, where it came to a commit that is not
  /// stored any more, because the history was cut or the branch has left it.
  public let isKnown: Bool
}

/// The changes of branches as they happen, also those made by other processes, in order, each once.
///
/// ```swift
/// for try await change in try await repository.branch("main").watch("config") {
///   print(change.position, change.changes.map(\.path))
/// }
/// ```
///
/// It reads the store's log at its own pace, so that a slow reader misses nothing, and goes on after
/// a lost connection. It ends when its task is cancelled; when the repository is closed it throws, as
/// it does when the store is replaced by another one or by an older state of it.
public struct Watch: AsyncSequence, Sendable {
  public typealias Element = BranchChange

  let repository: Repository
  let feed: RefChangeFeed
  let path: Path?
  /// What is given before all changes.
  var catchUp: RefEvent?

  /// The position that the first change comes after.
  public var start: Int64 { feed.start }

  public func makeAsyncIterator() -> Iterator {
    Iterator(
      repository: repository, feed: feed, path: path, position: feed.start,
      pending: catchUp.map { [$0] } ?? [])
  }

  public struct Iterator: AsyncIteratorProtocol {
    let repository: Repository
    let feed: RefChangeFeed
    let path: Path?
    var position: Int64
    var pending: ArraySlice<RefEvent> = []

    /// The next change; nil when the task is cancelled.
    ///
    /// - Throws: ``StoreError``, of which `logTrimmed` means that changes are lost to this watch.
    public mutating func next() async throws -> BranchChange? {
      while !Task.isCancelled {
        if let event = pending.popFirst() {
          if let change = try await change(event), !Task.isCancelled { return change }
          continue
        }
        do {
          let batch = try await feed.next(position)
          pending = batch.events[...]
          position = batch.position
        } catch {
          // However the cancellation showed, it is the end and no failure.
          if Task.isCancelled { return nil }
          throw error
        }
      }
      return nil
    }

    /// What a ref's change means for the watch; nil when nothing at its path is different.
    private func change(_ event: RefEvent) async throws -> BranchChange? {
      guard let branch = event.branch else { return nil }
      let kind: BranchChange.Kind
      switch (event.old, event.new) {
      case (nil, let new?): kind = .added(new)
      case (let old?, let new?): kind = .updated(from: old, to: new)
      case (let old?, nil): kind = .removed(old)
      case (nil, nil): return nil
      }
      var changes: [TreeChange] = []
      var isKnown = true
      if let path {
        do {
          changes = try await repository.differences(at: path, from: event.old, to: event.new)
          if changes.isEmpty { return nil }
        } catch StoreError.missingObject(let id, let location) {
          let commits = [event.old, event.new].compactMap { $0 }
          // The log remembers commits that were collected since. Of one that is there nothing may be missing.
          if try await repository.engine.missing(commits).isEmpty {
            throw StoreError.missingObject(id, in: location)
          }
          isKnown = false
        }
      }
      return BranchChange(
        branch: branch, kind: kind, position: event.position, milliseconds: event.milliseconds,
        changes: changes, isKnown: isKnown)
    }
  }
}

extension Branch {
  /// The changes of this branch from now on, or from a position of the log; with a path, only those
  /// that change something there. The position is read before this returns: what happens after
  /// that is given.
  ///
  /// - Throws: ``StoreError/logTrimmed(after:in:)`` when changes after the position are not kept.
  public func watch(_ path: Path? = nil, after position: Int64? = nil) async throws -> Watch {
    try Self.check(name)
    try path?.checkForReading()
    return Watch(
      repository: repository, feed: try await engine.changes(of: ref, after: position),
      path: path)
  }
}

extension Branch {
  /// The changes of this branch since it was at a commit, for somebody who has seen that one and no position of the log:
  /// first one change from there to the present head, unless they are the same, then all others as they happen.
  ///
  /// - Parameters:
  ///   - path: Where changes count; nil: everywhere.
  ///   - head: What was seen last; nil: there was no commit.
  ///
  /// Source: Irmin's `watch ~init`, which tells nothing of what lies between.
  public func watch(_ path: Path? = nil, since head: ObjectID?) async throws -> Watch {
    try Self.check(name)
    try path?.checkForReading()
    let feed = try await engine.changes(of: ref, after: nil)
    // The head may have moved after the position was read: those changes will come by themselves.
    var present = try await engine.ref(ref)
    for try await entry in reflog() {
      if entry.position <= feed.start { break }
      present = entry.old
    }
    var watch = Watch(repository: repository, feed: feed, path: path)
    if present != head {
      watch.catchUp = RefEvent(
        position: feed.start, ref: ref, old: head, new: present,
        milliseconds: Timestamp.milliseconds)
    }
    return watch
  }
}

extension Repository {
  /// The changes of all branches from now on, or from a position of the log; with a path, only those that change
  /// something there.
  ///
  /// - Throws: ``StoreError/logTrimmed(after:in:)`` when changes after the position are not kept.
  public func watch(_ path: Path? = nil, after position: Int64? = nil) async throws -> Watch {
    try path?.checkForReading()
    return Watch(
      repository: self, feed: try await engine.changes(of: nil, after: position), path: path)
  }

  /// A page of the log of ref changes, newest first, before a position (nil: from the end).
  ///
  /// One round trip.
  public func refLog(before position: Int64? = nil, limit: Int = 100) async throws -> [RefEvent] {
    try await scripted("a log").logPage(.before(position), count: limit).events
  }

  /// The blobs at a path that differ between two commits; nil stands for an empty tree.
  public func differences(
    at path: Path, from old: ObjectID?, to new: ObjectID?
  ) async throws -> [TreeChange] {
    let before = try await part(of: old, at: path)
    let after = try await part(of: new, at: path)
    return try await before.diff(to: after)
  }

  /// The tree of a commit reduced to what is at a path.
  private func part(of commit: ObjectID?, at path: Path) async throws -> Tree {
    guard let commit else { return .empty }
    let tree = try await tree(commit)
    if path.isRoot { return tree }
    guard let entry = try await tree.entry(path) else { return .empty }
    var part = Tree(root: .empty, objects: objects)
    try await part.set(path, entry)
    return part
  }
}
