import GitObjects
import RedisScripting

extension GitRemote {
  /// A ref that is to be set in the store.
  public struct Update: Sendable, Hashable {
    /// The ref of the store, by its full name.
    public let ref: String
    /// What of the repository it is to be at, as git names revisions; nil: it is removed.
    public let source: String?
    /// Where the pusher has seen it; nil: it was not there.
    public let old: ObjectID?
    /// Whether it may lose commits.
    public let isForced: Bool

    public init(_ ref: String, to source: String?, from old: ObjectID?, isForced: Bool = false) {
      self.ref = ref
      self.source = source
      self.old = old
      self.isForced = isForced
    }
  }

  /// How a push goes about it.
  public struct PushOptions: Sendable {
    /// Whether all refs are set or none.
    public var isAtomic = false
    /// Whether it is only found out what would become of it.
    public var isDryRun = false
    /// Whether the changes of a branch that has moved meanwhile are made anew on its present head, where
    /// they do not touch what has changed there.
    public var rebases = false
    /// Where the store's refs were lately: what they lead to need not be looked for. nil: they are asked for.
    public var known: [ObjectID]?

    public init() {}
  }

  /// What has become of a ref.
  public enum Outcome: Sendable, Hashable {
    case done
    /// The changes were made anew: on which head they are, and which it had before. The new commits are in
    /// the repository.
    case rebased(from: ObjectID, to: ObjectID)
    /// Of a dry run: the branch has moved to this head, on which the changes would be made anew.
    case rebasable(on: ObjectID)
    /// Why not, as git says it where git has words for it.
    case refused(String)
  }

  /// Sends what the updates' sources lead to and the store lacks, and then sets the refs: those that can be set,
  /// or all or none. A ref that is no longer where the pusher has seen it is never overwritten.
  ///
  /// All objects are stored before the first ref moves; interrupted, it can be run again.
  ///
  /// - Returns: What has become of each update, in their order.
  /// - Throws: ``StoreError`` when objects cannot be read or stored: then no ref has moved.
  public func push(
    _ updates: [Update], _ options: PushOptions = PushOptions(),
    progress: @escaping TransferReport = { _ in }
  ) async throws -> [Outcome] {
    let engine = try repository.scripted("pushes of git")
    guard repository.layout == .git else {
      throw StoreError.unsupported(
        "pushes of git into a store with wide directories, which git would change in another form")
    }
    let local = try await local()
    var push = GitPush(remote: self, engine: engine, local: local, updates: updates, options)
    try await push.look()
    let begun = push
    if options.isDryRun { return try await begun.finished(progress) }
    // What is stored is held until the refs lead there, and so is what that goes on from.
    return try await Lease.with(engine, keeping: begun.shared) {
      try await begun.finished(progress)
    }
  }
}

/// A push at work: what is known of each update so far.
private struct GitPush {
  let remote: GitRemote
  let engine: ScriptedEngine
  let local: LocalRepository
  let updates: [GitRemote.Update]
  let options: GitRemote.PushOptions
  /// nil: not settled yet.
  var outcomes: [GitRemote.Outcome?]
  private var sources: [ObjectID?]
  /// What the repository has of where the store's refs were lately.
  private var kinds: [ObjectID: ObjectKind] = [:]
  /// The commits among that.
  private(set) var shared: [ObjectID] = []
  /// Updates whose changes are made anew on a head that has moved.
  private var rebases: Set<Int> = []

  init(
    remote: GitRemote, engine: ScriptedEngine, local: LocalRepository,
    updates: [GitRemote.Update], _ options: GitRemote.PushOptions
  ) {
    self.remote = remote
    self.engine = engine
    self.local = local
    self.updates = updates
    self.options = options
    outcomes = updates.map { _ in nil }
    sources = updates.map { _ in nil }
  }

  /// Runs it to its end.
  func finished(_ progress: @escaping TransferReport) async throws -> [GitRemote.Outcome] {
    var push = self
    try await push.run(progress)
    return push.outcomes.map { $0 ?? .done }
  }

  private var open: [Int] { outcomes.indices.filter { outcomes[$0] == nil } }

  private mutating func run(_ progress: @escaping TransferReport) async throws {
    try await checkNames()
    try await checkForward()
    if isRejectedAsAWhole { return }
    if options.isDryRun {
      for number in open where rebases.contains(number) {
        try await settle(number) { try await $0.rehearsal(of: $1) }
      }
      _ = isRejectedAsAWhole
      return
    }
    try await send(progress)
    if isRejectedAsAWhole { return }
    try await setRefs(open.filter { !rebases.contains($0) })
    for number in open where rebases.contains(number) {
      // Makes the changes anew on the branch's present head.
      try await settle(number) { try await $0.outcome(of: $1) }
    }
  }

  /// Whether changes may be made anew: each branch is then for itself.
  private var mayRebase: Bool { options.rebases && (!options.isAtomic || updates.count == 1) }

  /// Whether the push is atomic and a part of it was refused; then everything is.
  private var isRejectedAsAWhole: Bool {
    mutating get {
      guard options.isAtomic,
        outcomes.contains(where: { if case .refused = $0 { true } else { false } })
      else { return false }
      for number in open { outcomes[number] = .refused("atomic transaction failed") }
      return true
    }
  }

  /// Finds in the repository what is to be pushed, and what of the store's it has.
  mutating func look() async throws {
    let wanted = updates.indices.filter { updates[$0].source != nil }
    let stored: [ObjectID]
    if let known = options.known {
      stored = known
    } else {
      stored = Array(try await engine.refs(prefix: "refs/").values)
    }
    var seen: Set<ObjectID> = []
    let others = (updates.compactMap(\.old) + stored).filter { seen.insert($0).inserted }
    let found = try await local.objects(
      wanted.compactMap { updates[$0].source } + others.map(\.hex))
    for (number, object) in zip(wanted, found) {
      guard let object else {
        outcomes[number] = .refused("no match")
        continue
      }
      sources[number] = object.id
      if RefTable.isBranch(Bytes(updates[number].ref.utf8)), object.kind != .commit {
        outcomes[number] = .refused("a branch cannot be at a \(object.kind)")
      }
    }
    for (id, object) in zip(others, found.dropFirst(wanted.count)) {
      kinds[id] = object?.kind
      // As many as a lease likes to keep. Each saves work, none is needed.
      if object?.kind == .commit, shared.count < 1000 { shared.append(id) }
    }
  }

  private mutating func checkNames() async throws {
    var head: String?
    for number in open {
      let update = updates[number]
      if let problem = RefName.problem(update.ref) {
        outcomes[number] = .refused("funny refname: it \(problem)")
      } else if !update.ref.hasPrefix("refs/") {
        outcomes[number] = .refused("funny refname: it does not start with refs/")
      } else if update.source == nil, RefTable.isBranch(Bytes(update.ref.utf8)) {
        if head == nil { head = try await remote.repository.headReference() }
        if head == "ref: \(update.ref)" {
          outcomes[number] = .refused("deletion of the current branch prohibited")
        }
      }
    }
  }

  /// Refuses what would lose commits, unless it is forced.
  private mutating func checkForward() async throws {
    for number in open where !updates[number].isForced {
      guard let old = updates[number].old, let new = sources[number], old != new else { continue }
      if updates[number].ref.hasPrefix("refs/tags/") {
        outcomes[number] = .refused("already exists")
        continue
      }
      let isBranch = RefTable.isBranch(Bytes(updates[number].ref.utf8))
      guard let kind = kinds[old] else {
        if mayRebase, isBranch {
          rebases.insert(number)
        } else {
          outcomes[number] = .refused("fetch first")
        }
        continue
      }
      guard kind == .commit else {
        outcomes[number] = .refused("needs force")
        continue
      }
      if try await !local.isAncestor(old, of: new) {
        outcomes[number] = .refused("non-fast forward")
      }
    }
  }

  // MARK: Objects

  private mutating func send(_ progress: @escaping TransferReport) async throws {
    let tips = Array(Set(open.compactMap { sources[$0] }))
    if tips.isEmpty { return }
    // Some may have been collected since they were seen.
    async let kinds = engine.kinds(of: shared)
    // What comes before where the store's histories are cut may be here, and is not there.
    async let boundary = remote.repository.boundary()
    let held = zip(shared, try await kinds).filter { $1 == .commit }.map(\.0)
    let copy = self
    outcomes = try await local.cut(also: try await boundary) { local in
      var push = copy
      try await push.send(from: local, tips, without: held, progress)
      return push.outcomes
    }
  }

  private mutating func send(
    from local: LocalRepository, _ tips: [ObjectID], without held: [ObjectID],
    _ progress: @escaping TransferReport
  ) async throws {
    let shallow = try local.shallowCommits()
    if !shallow.isEmpty {
      // A commit without its parents is only good where it is stored with them.
      let sent = try await local.ids(
        "rev-list", "--stdin", input: .bytes(RevisionList.input(tips, without: held)))
      let cut = sent.filter(shallow.contains)
      if try await !engine.missing(cut).isEmpty {
        for number in open where sources[number] != nil {
          outcomes[number] = .refused("shallow update not allowed")
        }
        return
      }
    }
    do {
      _ = try await ObjectImport(
        engine: engine, source: SourceRepository(local, tips: tips), excluding: held,
        progress: progress
      ).run()
    } catch StoreError.git(.failed(let command, 128, let message)) where command == "rev-list" {
      throw StoreError.git(.incomplete(local.folder, message: message))
    }
  }

  // MARK: Refs

  private mutating func setRefs(_ numbers: [Int]) async throws {
    // A ref that has lost its id is not among those that were seen, and can be removed.
    let numbers = numbers.filter { updates[$0].old != sources[$0] || sources[$0] == nil }
    if numbers.isEmpty { return }
    var rest = numbers
    // A thousand at a time, unless all or none are to be set.
    let step = options.isAtomic ? rest.count : 1000
    while !rest.isEmpty {
      let batch = Array(rest.prefix(step))
      rest.removeFirst(batch.count)
      try await setBatch(batch)
    }
    _ = isRejectedAsAWhole
  }

  private mutating func setBatch(_ numbers: [Int]) async throws {
    var numbers = numbers
    while !numbers.isEmpty {
      let changes = numbers.map {
        RefChange(name: updates[$0].ref, test: .exactly(updates[$0].old), set: sources[$0])
      }
      do {
        guard case .moved(let moved) = try await engine.setRefs(changes) else {
          for number in numbers { outcomes[number] = .done }
          return
        }
        let names = Set(moved.map(\.name))
        for number in numbers where names.contains(updates[number].ref) {
          refuseMoved(number)
        }
        numbers.removeAll { names.contains(updates[$0].ref) }
        if options.isAtomic { return }
      } catch let error as StoreError {
        guard Self.isAboutARef(error) else { throw error }
        if options.isAtomic || numbers.count == 1 {
          refuse(numbers, error)
          return
        }
        // One of them is the matter: each for itself tells which.
        for number in numbers { try await setBatch([number]) }
        return
      }
    }
  }

  /// Whether another ref could still be set.
  private static func isAboutARef(_ error: StoreError) -> Bool {
    switch error {
    case .denied, .branchNameClash, .notACommit, .missingObject, .damagedObject: true
    default: false
    }
  }

  private mutating func refuseMoved(_ number: Int) {
    if mayRebase, sources[number] != nil, !updates[number].isForced,
      RefTable.isBranch(Bytes(updates[number].ref.utf8)), updates[number].old != nil
    {
      rebases.insert(number)
    } else {
      outcomes[number] = .refused(updates[number].isForced ? "stale info" : "fetch first")
    }
  }

  private mutating func refuse(_ numbers: [Int], _ error: StoreError) {
    let text = error.description.split(separator: "\n").joined(separator: "; ")
    for number in numbers {
      if case .denied(let ref, _, _) = error, ref != updates[number].ref {
        outcomes[number] = .refused("atomic transaction failed")
      } else {
        outcomes[number] = .refused(text)
      }
    }
  }

  private mutating func settle(
    _ number: Int, _ body: (GitRebase, ObjectID) async throws -> GitRemote.Outcome
  ) async throws {
    guard let new = sources[number], let name = Branch.name(ofRef: updates[number].ref) else {
      return
    }
    do {
      outcomes[number] = try await body(
        GitRebase(
          remote: remote, engine: engine, local: local, branch: remote.repository.branch(name)), new
      )
    } catch let error as StoreError {
      refuse([number], error)
    }
  }
}
