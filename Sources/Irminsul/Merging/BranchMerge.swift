import GitObjects
import RedisScripting

/// What merging a commit into a branch comes to, at the branch's head of that moment. Nothing is done
/// before ``commit(_:)``, so it is also how to look at a merge beforehand.
///
/// ```swift
/// var merge = try await main.merging(feature)
/// for conflict in merge.conflicts { print(conflict) }
/// try await merge.resolve("config/theme", with: .ours)
/// try await merge.commit("Merge the feature")
/// ```
public struct BranchMerge: Sendable {
  /// What is to be done.
  public enum Kind: Sendable, Hashable {
    /// Nothing: the branch has the commit already.
    case unchanged
    /// The branch moves to the commit.
    case fastForward
    /// A merge commit is made.
    case merge
    /// A commit is made that has no other parent than the head: a revert, a cherry-pick.
    case change
  }

  public let branch: Branch
  /// What the branch was at; nil: it had no commit.
  public let head: ObjectID?
  /// The commit that is merged.
  public let source: ObjectID
  /// The best common ancestors of both; several are merged with each other first.
  public let bases: [ObjectID]
  public let kind: Kind
  /// nil unless a merge commit is needed.
  private(set) var merge: TreeMerge?
  /// What the commit says unless it is told.
  private let info: Info?
  /// Whose change it is, and since when, unless that is told; nil: whoever makes the commit, now.
  private let author: Identity?

  init(
    branch: Branch, head: ObjectID?, source: ObjectID, bases: [ObjectID], kind: Kind,
    merge: TreeMerge? = nil, info: Info? = nil, author: Identity? = nil
  ) {
    self.branch = branch
    self.head = head
    self.source = source
    self.bases = bases
    self.kind = kind
    self.merge = merge
    self.info = info
    self.author = author
  }

  /// The conflicts that are left, in order of path.
  public var conflicts: [MergeConflict] { merge?.conflicts ?? [] }

  /// The paths of the branch that the merge commit changes; none where no such commit is made.
  public var changedPaths: [Path] { merge?.changedPaths ?? [] }

  /// Takes a conflict away: see ``TreeMerge/resolve(_:with:)``.
  public mutating func resolve(_ path: Path, with resolution: TreeMerge.Resolution) async throws {
    guard merge != nil else {
      throw StoreError.notFound(path, in: "the conflicts of this merge")
    }
    try await merge?.resolve(path, with: resolution)
  }

  /// Resolves each conflict as `body` says; nil leaves it.
  public mutating func resolve(
    _ body: (MergeConflict) async throws -> TreeMerge.Resolution?
  ) async throws {
    try await merge?.resolve(body)
  }

  /// The bytes of one version of a conflict: see ``TreeMerge/content(of:)``.
  public func content(of entry: Entry?) async throws -> Bytes? {
    try await merge?.content(of: entry)
  }

  /// Does it. One round trip. Commits that others have made to other paths meanwhile do not matter.
  ///
  /// - Parameter info: nil: `Merge commit … into …`.
  /// - Throws: ``StoreError/mergeConflicts(_:)`` while conflicts are left;
  ///   ``StoreError/conflict(branch:_:)`` or ``StoreError/headMoved(branch:found:)`` when the branch has
  ///   changed since where it matters: merge again.
  @discardableResult
  public func commit(_ info: Info? = nil) async throws -> MergeResult {
    switch kind {
    case .unchanged: return .unchanged(head: head)
    case .fastForward:
      try await branch.testAndSetHead(test: head, set: source)
      return .fastForwarded(from: head, to: source)
    case .merge, .change: break
    }
    guard let merge else { return .unchanged(head: head) }
    if !merge.isClean { throw StoreError.mergeConflicts(merge.conflicts) }
    let said =
      info ?? self.info
      ?? Info("Merge commit '\(source.hex.prefix(10))' into \(branch.name)")
    var request = branch.repository.request(ref: branch.ref, said)
    if info == nil, let author { request.author = author }
    if kind == .merge {
      request.parents = .headAnd([source])
      // The other history is a part of this one afterwards, also where it has nothing new.
      request.emptiness = .made
    }
    request.edits = merge.edits()
    if request.edits.isEmpty { request.head = .exactly(head) }
    let result = try await branch.repository.commit(branch, request)
    guard let commit = result.commit, case .committed(_, let position) = result else {
      return .unchanged(head: result.head)
    }
    return .merged(commit, position: position)
  }
}

/// What a merge did.
public enum MergeResult: Sendable {
  /// Nothing: the branch had the commit already.
  case unchanged(head: ObjectID?)
  /// The branch moved on to the commit; nil: it had none before.
  case fastForwarded(from: ObjectID?, to: ObjectID)
  /// A merge commit was made, whose parents are what the branch was at and the other commit; a revert's has
  /// the first alone.
  case merged(Commit, position: Int64)

  /// What the branch is at afterwards.
  public var head: ObjectID? {
    switch self {
    case .unchanged(let head): head
    case .fastForwarded(_, let head): head
    case .merged(let commit, _): commit.id
    }
  }
}
