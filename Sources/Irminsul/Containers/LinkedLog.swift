import GitObjects
import RedisScripting

/// A log of which each entry names the one before it, by its hash: whoever knows an entry knows
/// that nothing before it was changed.
///
/// ```swift
/// let ledger = branch.linkedLog(at: "ledger", of: Payment.self)
/// try await ledger.append(payment)
/// var cursor = try await ledger.cursor()
/// while !cursor.isAtEnd { show(try await ledger.read(10, &cursor)) }
/// ```
///
/// Each entry is a blob of its own below `entries`, and the newest ones are in `heads` as well, so
/// that exports and garbage collection keep them all. Writers never conflict: two who append at the
/// same moment make two heads, which the next entry names both, and so do merged branches. No merge
/// rule is needed.
///
/// An append is two round trips. Reading is one for each entry of a chain, as only an entry tells
/// which is the one before it: for what is read much, take a ``SharedLog``.
///
/// Source: irmin-containers' `Linked_log`, whose entries are in a store of their own, which exports
/// leave behind.
public struct LinkedLog<Element: Contents>: Container {
  public let branch: Branch
  public let path: Path

  public var mergeRules: [(pattern: PathPattern, merge: ContentMerge)] { [] }

  /// Where a reader of the log is: entries that it has not read yet, and all that are before them.
  /// Appends do not move it.
  public struct Cursor: Sendable, Hashable {
    fileprivate var frontier: Set<LinkedEntry.Link>

    /// Whether there is nothing more to read.
    public var isAtEnd: Bool { frontier.isEmpty }
  }

  /// Adds an entry that names the present newest ones. Two round trips.
  ///
  /// - Throws: ``StoreError/unencodable(type:reason:)``.
  @discardableResult
  public func append(_ element: Element, _ info: Info? = nil) async throws -> WriteResult {
    let content = Bytes(try element.framed().content)
    let heads = try await heads()
    let earliest = heads.map(\.milliseconds).max().map { $0 + 1 } ?? 0
    guard earliest < Register.end else {
      throw StoreError.unencodable(
        type: "entry", reason: "the last one has a time after which there is none")
    }
    let entry = LinkedEntry(
      previous: heads, stamp: .next(from: earliest), content: content)
    let blob = try entry.framed()
    let link = LinkedEntry.Link(
      milliseconds: entry.stamp.milliseconds, id: blob.id(branch.engine.algorithm))
    let edits =
      [place(of: link), headPlace(of: link)].map {
        BranchEdit(path: $0, action: .blob(.blob, blob))
      } + heads.map { .remove(headPlace(of: $0)) }
    return try await commitInFolder(edits, self.info(info, "Append to"))
  }

  /// A cursor at the newest entry. One round trip.
  public func cursor() async throws -> Cursor { Cursor(frontier: Set(try await heads())) }

  /// The newest entries, the newest first.
  public func read(_ limit: Int) async throws -> [LogEntry<Element>] {
    var cursor = try await cursor()
    return try await read(limit, &cursor)
  }

  /// The next entries, the newest first, fewer at the end of the log. An entry comes before all
  /// that it names; of others the later one comes first. A round trip for each entry of a chain.
  ///
  /// - Throws: ``StoreError/undecodable(_:at:type:reason:)``; the cursor stays where it was then.
  public func read(_ limit: Int, _ cursor: inout Cursor) async throws -> [LogEntry<Element>] {
    var next = cursor
    var entries: [LogEntry<Element>] = []
    while entries.count < limit, let link = next.frontier.max() {
      // All that are known at once: the cache has them when their turn comes.
      let wanted = next.frontier.sorted(by: >).prefix(limit - entries.count)
      _ = try await branch.repository.objects.read(wanted.map(\.id))
      let blob = try await branch.repository.objects.read(link.id)
      let place = place(of: link)
      let entry = try LinkedEntry(Bytes(blob.content), at: place, in: nil)
      entries.append(
        LogEntry(
          value: try Element(entry.content, at: place, in: nil),
          milliseconds: entry.stamp.milliseconds, id: link.id.hex))
      next.frontier.remove(link)
      // An entry is later than all that it names, so what is in turn now was named by all who do.
      for earlier in entry.previous {
        guard earlier < link else {
          throw StoreError.undecodable(
            place, at: nil, type: "entry of a linked log",
            reason: "it names one that is not before it")
        }
        next.frontier.insert(earlier)
      }
    }
    cursor = next
    return entries
  }

  private func heads() async throws -> [LinkedEntry.Link] {
    try await branch.list(path.appending(Bytes("heads".utf8))).map { item in
      let words = item.nameText.split(separator: "-")
      guard words.count == 2, let milliseconds = Int64(words[0]),
        (0..<Register.end).contains(milliseconds)
      else {
        throw StoreError.undecodable(
          path.appending(Bytes("heads".utf8)), at: nil, type: "list of newest entries",
          reason: "\"\(item.nameText)\" is no time and hash")
      }
      return LinkedEntry.Link(milliseconds: milliseconds, id: item.entry.id)
    }.sorted()
  }

  private func headPlace(of link: LinkedEntry.Link) -> Path {
    path.appending(Bytes("heads".utf8))
      .appending(Bytes("\(link.milliseconds)-\(link.id.hex)".utf8))
  }

  /// In one of 256 directories, by the start of the hash.
  private func place(of link: LinkedEntry.Link) -> Path {
    let hex = link.id.hex
    return path.appending(Bytes("entries".utf8)).appending(Bytes(hex.prefix(2).utf8))
      .appending(Bytes(hex.dropFirst(2).utf8))
  }
}

extension Branch {
  /// The linked log at a path; it need not be there yet.
  public func linkedLog<Element: Contents>(
    at path: Path, of type: Element.Type = Element.self
  ) -> LinkedLog<Element> {
    LinkedLog(branch: self, path: path)
  }
}
