import GitObjects
import RedisScripting

/// What a transaction sees and changes: a branch as it was at one moment, with the transaction's own
/// writes on top. It is of use only inside the closure of ``Branch/transaction(_:isolation:deadline:_:)``.
///
/// Each read costs one round trip, none for what is cached; writes cost nothing before the end.
public final class Transaction: Sendable {
  /// The commit that is seen; nil on a branch without one.
  public let head: ObjectID?

  private let repository: Repository
  private let base: Tree
  private let isolation: Isolation
  private let state: Locked<State>

  /// Against which changes of others a transaction is protected.
  public enum Isolation: Sendable {
    /// Everything that it has read, at the grain it was read, must still hold: the outcome is that of
    /// all transactions run one after another, in the order of their commits.
    case serializable
    /// What it writes must be as it was, or the transaction runs again; what it only reads may change
    /// meanwhile: snapshot isolation.
    case writtenPaths
    /// Nothing is checked: the last writer wins.
    case blind
  }

  private struct State {
    var edits: [BranchEdit] = []
    /// What was seen in the base, by path and grain.
    var reads: [Read: PathEdit.Expectation] = [:]
    /// The base with the edits made; nil when it must be made anew.
    var edited: Tree?
    var hasEnded = false
  }

  private struct Read: Hashable {
    enum Grain: Hashable {
      case entry
      case kind
      case names
    }
    let path: Path
    let grain: Grain
  }

  init(_ repository: Repository, _ snapshot: Snapshot?, _ isolation: Isolation) {
    self.repository = repository
    self.isolation = isolation
    head = snapshot?.head
    base = snapshot?.tree ?? Tree(root: .empty, objects: repository.objects)
    state = Locked(State(edited: base))
  }

  // MARK: Reading

  /// The entry at a path; nil when nothing is there.
  public func entry(_ path: Path) async throws -> Entry? {
    try await seen(path, .entry)?.entry
  }

  /// The bytes at a path; nil when nothing or a directory is there.
  public func find(_ path: Path) async throws -> Bytes? {
    guard let seen = try await seen(path, .entry), seen.entry.mode.objectKind == .blob else {
      return nil
    }
    if let content = seen.content { return content }
    return Bytes(try await repository.objects.read(seen.entry.id).content)
  }

  /// The value at a path; nil when nothing or a directory is there.
  ///
  /// - Throws: ``StoreError/undecodable(_:at:type:reason:)``.
  public func find<Value: Contents>(
    _ path: Path, as type: Value.Type
  ) async throws -> Value? {
    guard let bytes = try await find(path) else { return nil }
    return try Value(bytes, at: path, in: head)
  }

  /// The value at a path.
  ///
  /// - Throws: ``StoreError/notFound(_:in:)`` when nothing or a directory is there.
  public func get<Value: Contents>(
    _ path: Path, as type: Value.Type = Value.self
  ) async throws -> Value {
    guard let value = try await find(path, as: type) else {
      throw StoreError.notFound(path, in: "the transaction")
    }
    return value
  }

  /// Whether a blob is at the path. A change of its value by somebody else is no conflict.
  public func mem(_ path: Path) async throws -> Bool { try await kind(path) == .blob }

  /// Whether a directory is at the path. A change inside it by somebody else is no conflict.
  public func memTree(_ path: Path) async throws -> Bool { try await kind(path) == .tree }

  /// What is at the path; nil when nothing is. A change of its value by somebody else is no conflict.
  public func kind(_ path: Path) async throws -> ObjectKind? {
    try await seen(path, .kind)?.entry.mode.objectKind
  }

  /// One name of a directory.
  public struct Name: Sendable, Hashable {
    public let bytes: Bytes
    public let mode: FileMode

    /// The name as text; bytes that are not UTF-8 show as U+FFFD.
    public var text: String { String(decoding: bytes, as: UTF8.self) }
  }

  /// The names in the directory at a path, in Git's order; none when nothing or a blob is there. A
  /// change by somebody else of what is under a name is no conflict.
  public func list(_ path: Path = .root) async throws -> [Name] {
    _ = try await seen(path, .names)
    return try await editedTree().list(path).map {
      Name(bytes: $0.name, mode: $0.entry.mode)
    }
  }

  /// The tree at a path; nil when nothing or a blob is there. Any change inside it is a conflict.
  public func findTree(_ path: Path = .root) async throws -> Tree? {
    _ = try await seen(path, .entry)
    return try await editedTree().findTree(path)
  }

  // MARK: Writing

  /// Puts a value at a path.
  public func set(_ path: Path, to value: some Contents, mode: FileMode = .blob) throws {
    try edit(.set(path, value, mode: mode))
  }

  /// Puts a tree at a path; an empty one removes what is there.
  public func setTree(_ path: Path, to tree: Tree) throws { try edit(.setTree(path, tree)) }

  /// Removes what is at a path.
  public func remove(_ path: Path) throws { try edit(.remove(path)) }

  /// Makes any edit, such as `.increment("visits")`, which is no read of what is there.
  public func edit(_ edit: BranchEdit) throws {
    try edit.path.check()
    try state.withLock { state in
      if state.hasEnded { throw StoreError.unsupported("a transaction that has ended") }
      state.edits.append(edit)
      state.edited = nil
    }
  }

  // MARK: The end

  /// The edits and checks of the commit; none when nothing is written.
  func end() async throws -> [BranchEdit] {
    let (edits, reads) = state.withLock { state in
      state.hasEnded = true
      return (state.edits, state.reads)
    }
    guard edits.contains(where: { !$0.isCheck }) else { return [] }
    switch isolation {
    case .blind: return edits
    case .serializable:
      let checks = reads.filter { read, _ in
        // The entry itself says more than its kind or names.
        read.grain == .entry || reads[Read(path: read.path, grain: .entry)] == nil
      }
      return edits + checks.map { .check($0.key.path, $0.value) }
    case .writtenPaths:
      var checks: [Path: BranchEdit] = [:]
      for edit in edits where edit.isAbsolute && checks[edit.path] == nil {
        checks[edit.path] = .check(
          edit.path, .exactly(try await located(edit.path)?.entry))
      }
      return edits + checks.values
    }
  }

  /// Whether an edit expects something that was not there at the transaction's own moment.
  func contradictsItsBase() async throws -> Bool {
    for edit in state.withLock({ $0.edits }) {
      guard case .exactly(let wanted) = edit.expectation else { continue }
      if try await located(edit.path)?.entry != wanted { return true }
    }
    return false
  }

  // MARK: -

  private struct Located {
    let entry: Entry
    var content: Bytes?
  }

  /// What is at a path after the transaction's own writes; what of it comes from the base is noted.
  private func seen(_ path: Path, _ grain: Read.Grain) async throws -> Located? {
    try path.check()
    let edits = try state.withLock { state in
      if state.hasEnded { throw StoreError.unsupported("a transaction that has ended") }
      return state.edits.filter { !$0.isCheck }
    }
    // Written as a whole, here or above: nothing of the base shows.
    if edits.contains(where: { $0.isAbsolute && path.starts(with: $0.path) }) {
      return try await own(path)
    }
    let located = try await located(path)
    let expectation = try await expectation(located?.entry, grain, path)
    state.withLock { $0.reads[Read(path: path, grain: grain)] = expectation }
    // A blob on the way to what is written is replaced by a directory.
    let isTouched = edits.contains { $0.path.starts(with: path) || path.starts(with: $0.path) }
    return isTouched ? try await own(path) : located
  }

  private func own(_ path: Path) async throws -> Located? {
    let tree = try await editedTree()
    guard let entry = try await tree.entry(path) else { return nil }
    return Located(
      entry: entry, content: entry.mode.objectKind == .blob ? try await tree.find(path) : nil)
  }

  private func expectation(
    _ entry: Entry?, _ grain: Read.Grain, _ path: Path
  ) async throws -> PathEdit.Expectation {
    guard let entry else { return .exactly(nil) }
    switch grain {
    case .entry: return .exactly(entry)
    case .kind: return .kind(entry.mode.objectKind)
    case .names:
      guard entry.mode.isTree else { return .kind(entry.mode.objectKind) }
      return .names(
        ListingDigest(try await repository.objects.entries(of: entry.id), id: entry.id))
    }
  }

  /// What the base has at a path, in one round trip at most.
  private func located(_ path: Path) async throws -> Located? {
    guard let root = base.root.base else { return nil }
    if path.isRoot { return Located(entry: Entry(mode: .tree, id: root)) }
    if let entry = try base.cachedEntry(path) {
      return entry.map { Located(entry: $0) }
    }
    switch try await repository.engine.find(.id(root), path, .bytes) {
    case .noHead: throw StoreError.missingObject(root, in: repository.location)
    case .absent: return nil
    case .entry(_, let entry, let object):
      if let object { try repository.objects.keep(entry.id, object) }
      let isBlob = entry.mode.objectKind == .blob
      return Located(
        entry: entry, content: isBlob ? object.map { Bytes($0.content) } : nil)
    }
  }

  private func editedTree() async throws -> Tree {
    let (known, edits) = state.withLock { ($0.edited, $0.edits) }
    if let known { return known }
    var tree = base
    for edit in edits { try await edit.apply(to: &tree) }
    let result = tree
    state.withLock { if $0.edits.count == edits.count { $0.edited = result } }
    return result
  }
}

/// What a transaction came to.
public struct TransactionResult<Value: Sendable>: Sendable {
  /// What the closure has returned.
  public let value: Value
  /// The commit that was made; unchanged when the closure wrote nothing, or nothing new.
  public let write: WriteResult
  /// How many times the closure was run.
  public let attempts: Int
}

extension Branch {
  /// Reads and writes as if nobody else did meanwhile.
  ///
  /// ```swift
  /// try await branch.transaction("Move 10 from ada to bob") { tx in
  ///   let ada = try await tx.get("accounts/ada", as: Counter.self)
  ///   let bob = try await tx.get("accounts/bob", as: Counter.self)
  ///   guard ada.value >= 10 else { throw NotEnough() }
  ///   try tx.set("accounts/ada", to: Counter(ada.value - 10))
  ///   try tx.set("accounts/bob", to: Counter(bob.value + 10))
  /// }
  /// ```
  ///
  /// The closure sees one moment of the branch. Its writes become one commit, made only if what it
  /// has read still holds at that moment; else it runs again on the new state. Transactions that touch
  /// different paths never make each other run again. A closure may run several times: it should
  /// change nothing but the transaction. An error that it throws ends the transaction with nothing
  /// written.
  ///
  /// One round trip for the start, one for each read that is not cached, one for the commit.
  ///
  /// - Parameters:
  ///   - info: Of the commit.
  ///   - isolation: Against which changes of others the transaction is protected.
  ///   - deadline: For how long the closure is run again.
  ///   - body: Reads and writes through the transaction, and nothing else.
  /// - Throws: ``StoreError/tooManyAttempts(branch:attempts:)`` after the deadline; what the closure
  ///   throws.
  @discardableResult
  public func transaction<Value: Sendable>(
    _ info: Info, isolation: Transaction.Isolation = .serializable,
    deadline: Duration = .seconds(30), _ body: (Transaction) async throws -> Value
  ) async throws -> TransactionResult<Value> {
    let clock = ContinuousClock()
    let end = clock.now + deadline
    var attempts = 0
    while true {
      attempts += 1
      let transaction = Transaction(repository, try await snapshot(), isolation)
      let value = try await body(transaction)
      let edits = try await transaction.end()
      do {
        let write =
          edits.isEmpty
          ? .unchanged(head: transaction.head) : try await commit(edits, info)
        return TransactionResult(value: value, write: write, attempts: attempts)
      } catch StoreError.conflict(_, let conflicts) {
        // An action that does not fit what is there would not fit the next time either.
        if conflicts.contains(where: { $0.reason != .expected }) {
          throw StoreError.conflict(branch: name, conflicts)
        }
        // Nor will what the closure itself expects, if its own base is otherwise.
        if try await transaction.contradictsItsBase() {
          throw StoreError.conflict(branch: name, conflicts)
        }
        guard clock.now < end else {
          throw StoreError.tooManyAttempts(branch: name, attempts: attempts)
        }
        let ceiling = min(200_000, 500 << min(attempts, 9))
        try await Task.sleep(for: .microseconds(Int.random(in: 0...ceiling)))
      }
    }
  }
}
