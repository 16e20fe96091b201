import GitObjects

/// One ref that is to be set in another store.
///
/// ```swift
/// try await local.push([Push("main"), Push("draft", as: "shared/draft")], to: remote)
/// ```
public struct Push: Sendable, Hashable {
  /// When a ref of the other store may move.
  public enum Rule: Sendable, Hashable {
    /// Only where nothing is lost: it is absent, or what comes descends from what it is at. A tag stays
    /// where it is.
    case fastForward
    /// Wherever it is, as long as it is where the pusher believes it to be; nil: absent.
    case forceWithLease(ObjectID?)
    /// The other store merges what comes into its branch, beside its other writers.
    case merge
  }

  /// The ref of this store; nil: the one of the other store is removed.
  public let source: String?
  /// The ref of the other store.
  public let target: String
  public let rule: Rule

  /// - Parameters:
  ///   - source: A branch, or a full name such as `refs/tags/v1`.
  ///   - target: The same by default.
  ///   - rule: When the other store's may move.
  public init(_ source: String, as target: String? = nil, _ rule: Rule = .fastForward) {
    self.source = Self.fullName(source)
    self.target = Self.fullName(target ?? source)
    self.rule = rule
  }

  private init(removing target: String, _ rule: Rule) {
    source = nil
    self.target = Self.fullName(target)
    self.rule = rule
  }

  /// Removes a ref of the other store, if it is at a commit.
  public static func removal(of target: String, at commit: ObjectID) -> Push {
    Push(removing: target, .forceWithLease(commit))
  }

  private static func fullName(_ name: String) -> String {
    name.hasPrefix("refs/") ? name : Branch.refName(name)
  }

  /// As people write it.
  var targetName: String { Branch.name(ofRef: target) ?? target }
}

extension Repository {
  /// Sends a branch to another store: what it leads to and the other lacks, and then the branch itself.
  ///
  /// ```swift
  /// try await local.push("main", to: remote)
  /// ```
  ///
  /// - Parameters:
  ///   - branch: A branch of this store.
  ///   - remote: The other store.
  ///   - target: What it is called there; the same by default.
  ///   - rule: When the other store's may move.
  ///   - progress: Told of what is sent.
  /// - Throws: As ``push(_:to:_:merging:progress:)``.
  ///
  /// Source: Irmin's `Sync.push`, which forces; `git push`.
  @discardableResult
  public func push(
    _ branch: String = "main", to remote: Repository, as target: String? = nil,
    _ rule: Push.Rule = .fastForward, progress: @escaping TransferReport = { _ in }
  ) async throws -> SyncResult {
    try await push([Push(branch, as: target, rule)], to: remote, progress: progress)
  }

  /// Sends refs to another store, and sets there all of them or none; those that are merged there are merged one
  /// after the other before.
  ///
  /// All objects are stored before the first ref moves: interrupted, no ref has moved, and it can be run again. What others
  /// do to a ref meanwhile is never overwritten: a fast-forward is looked at again, a lease is refused.
  ///
  /// - Parameters:
  ///   - pushes: What is to be set, of different refs.
  ///   - remote: The other store.
  ///   - info: Of merge commits; nil: says what is merged.
  ///   - options: How ``Push/Rule/merge`` merges.
  ///   - progress: Told of what is sent.
  /// - Throws: ``StoreError/notFastForward(branch:_:)``; ``StoreError/headMoved(branch:found:)`` for a lease that does not
  ///   hold and for a tag that is elsewhere; what ``Branch/merge(_:_:_:)-(ObjectID,_,_)`` throws, for ``Push/Rule/merge``;
  ///   ``StoreError/noSuchBranch(_:)``, ``StoreError/wrongHash(found:asked:in:)``,
  ///   ``StoreError/wrongLayout(found:asked:in:)``; ``StoreError/historyCut(_:at:in:)`` where this store's history has
  ///   been cut and the other one lacks what comes before.
  @discardableResult
  public func push(
    _ pushes: [Push], to remote: Repository, _ info: Info? = nil,
    merging options: MergeOptions = MergeOptions(),
    progress: @escaping TransferReport = { _ in }
  ) async throws -> SyncResult {
    try await Lease.with(remote) { [self] in
      var sources: [String: ObjectID] = [:]
      for push in pushes {
        if let branch = Branch.name(ofRef: push.target) { try Branch.check(branch) }
        guard let source = push.source else { continue }
        guard let id = try await target(of: source) else {
          throw StoreError.noSuchBranch(Branch.name(ofRef: source) ?? source)
        }
        sources[source] = id
      }
      func id(_ push: Push) -> ObjectID? { push.source.flatMap { sources[$0] } }
      let count = try await ObjectCopy(source: self, target: remote, progress: progress)
        .run(Array(Set(sources.values)))

      var refs: [String: SyncResult.Ref] = [:]
      for push in pushes where push.rule == .merge {
        guard let commit = id(push), let name = Branch.name(ofRef: push.target) else {
          throw StoreError.unsupported("merging into \(push.target), which is no branch")
        }
        let old = try await remote.engine.ref(push.target)
        let merge = try await remote.branch(name).merge(
          commit, info ?? Info("Merge branch '\(push.source.flatMap(Branch.name) ?? name)'"),
          options)
        refs[push.target] = SyncResult.Ref(
          name: push.target, change: merge.change, old: old, new: merge.head)
      }
      for ref in try await move(pushes.filter { $0.rule != .merge }, in: remote, id) {
        refs[ref.name] = ref
      }
      return SyncResult(
        objects: count.objects, bytes: count.bytes, refs: pushes.compactMap { refs[$0.target] })
    }
  }

  private func move(
    _ pushes: [Push], in remote: Repository, _ id: (Push) -> ObjectID?
  ) async throws -> [SyncResult.Ref] {
    if pushes.isEmpty { return [] }
    let end = ContinuousClock.now + .seconds(30)
    var attempts = 0
    while true {
      attempts += 1
      var changes: [RefChange] = []
      var refs: [SyncResult.Ref] = []
      for push in pushes {
        let old = try await remote.target(of: push.target)
        let ref = try await decision(push, id(push), old: old)
        if ref.change != .unchanged {
          changes.append(RefChange(name: push.target, test: .exactly(old), set: ref.new))
        }
        refs.append(ref)
      }
      if changes.isEmpty { return refs }
      guard case .moved(let moved) = try await remote.engine.setRefs(changes) else { return refs }
      guard ContinuousClock.now < end else {
        throw StoreError.tooManyAttempts(
          branch: moved.first.map { Branch.name(ofRef: $0.name) ?? $0.name } ?? "",
          attempts: attempts)
      }
    }
  }

  /// What becomes of a ref that is at `old`.
  private func decision(
    _ push: Push, _ new: ObjectID?, old: ObjectID?
  ) async throws -> SyncResult.Ref {
    func ref(_ change: SyncResult.Ref.Change) -> SyncResult.Ref {
      SyncResult.Ref(name: push.target, change: change, old: old, new: new)
    }
    if case .forceWithLease(let expected) = push.rule {
      guard old == expected else {
        throw StoreError.headMoved(branch: push.targetName, found: old)
      }
      if old == new { return ref(.unchanged) }
      guard let old else { return ref(.created) }
      guard let new else { return ref(.removed) }
      return ref(try await descends(new, from: old) ? .fastForward : .forced)
    }
    guard let old else { return ref(.created) }
    if old == new { return ref(.unchanged) }
    guard let new, Branch.name(ofRef: push.target) != nil else {
      throw StoreError.headMoved(branch: push.targetName, found: old)
    }
    guard try await descends(new, from: old) else {
      throw StoreError.notFastForward(branch: push.targetName, new)
    }
    return ref(.fastForward)
  }

  private func descends(_ commit: ObjectID, from old: ObjectID) async throws -> Bool {
    guard try await engine.kinds(of: [commit, old]) == [.commit, .commit] else { return false }
    return try await isAncestor(old, of: commit)
  }

  /// What a ref of any kind is at.
  func target(of ref: String) async throws -> ObjectID? {
    if Branch.name(ofRef: ref) != nil { return try await engine.ref(ref) }
    return try await engine.refs(prefix: ref)[ref]
  }
}

extension MergeResult {
  /// What it did to the branch.
  var change: SyncResult.Ref.Change {
    switch self {
    case .unchanged: .unchanged
    case .fastForwarded: .fastForward
    case .merged: .merged
    }
  }
}
