import GitObjects

/// One place that a branch has been at.
public struct ReflogEntry: Sendable, Hashable {
  /// 0 is the last change; `NAME@{1}` names what the branch was at before it.
  public let index: Int
  /// Its place in the store's log.
  public let position: Int64
  /// nil when the branch was made then.
  public let old: ObjectID?
  /// nil when the branch was removed then.
  public let new: ObjectID?
  /// Milliseconds since 1970, by the server's clock.
  public let milliseconds: Int64
}

/// Where a branch has been, newest first, as far as the store's log is kept.
///
/// ```swift
/// for try await entry in main.reflog().prefix(10) { print(entry.index, entry.new?.hex ?? "removed") }
/// ```
///
/// Source: `git reflog`; Irmin has none.
public struct Reflog: AsyncSequence, Sendable {
  public typealias Element = ReflogEntry

  let repository: Repository
  let ref: String

  public func makeAsyncIterator() -> Iterator { Iterator(repository: repository, ref: ref) }

  public struct Iterator: AsyncIteratorProtocol {
    let repository: Repository
    let ref: String
    private var page: ArraySlice<RefEvent> = []
    private var before: Int64?
    private var isAtEnd = false
    private var count = 0

    init(repository: Repository, ref: String) {
      self.repository = repository
      self.ref = ref
    }

    public mutating func next() async throws -> ReflogEntry? {
      while true {
        while let event = page.popFirst() {
          guard event.ref == ref else { continue }
          defer { count += 1 }
          return ReflogEntry(
            index: count, position: event.position, old: event.old, new: event.new,
            milliseconds: event.milliseconds)
        }
        if isAtEnd { return nil }
        try Task.checkCancellation()
        page = try await repository.refLog(before: before, limit: 500)[...]
        before = page.last?.position
        isAtEnd = page.isEmpty
      }
    }
  }
}

extension Branch {
  /// Where this branch has been. One round trip for 500 changes of the store, those of other refs among them.
  public func reflog() -> Reflog { Reflog(repository: repository, ref: ref) }
}

extension Repository {
  /// What a ref was at before its last `count` changes; nil when it did not exist, or that is not kept any more.
  func earlier(_ ref: String, _ count: Int) async throws -> ObjectID? {
    var oldest: ReflogEntry?
    for try await entry in Reflog(repository: self, ref: ref) {
      if entry.index == count { return entry.new }
      oldest = entry
    }
    return oldest?.index == count - 1 ? oldest?.old : nil
  }
}
