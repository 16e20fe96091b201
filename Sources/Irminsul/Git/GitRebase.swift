import GitObjects
import RedisScripting

/// Makes the commits that a push brings anew on a branch that has moved.
struct GitRebase {
  let remote: GitRemote
  let engine: ScriptedEngine
  let local: LocalRepository
  let branch: Branch

  /// How often commits are made anew by the client before the branch is said to move too fast.
  private static let mostAttempts = 16
  /// Commits that the server makes in a row.
  private static let mostCommits = 200

  /// The commits' objects are stored already.
  ///
  /// - Parameter new: The newest of them.
  func outcome(of new: ObjectID) async throws -> GitRemote.Outcome {
    guard let head = try await branch.head()?.id else { return .refused("fetch first") }
    switch try await commits(upTo: new, on: head, in: remote.repository) {
    case .refused(let reason): return .refused(reason)
    case .found(let commits):
      if let outcome = try await onServer(commits) { return outcome }
      return try await byClient(commits)
    }
  }

  /// What ``outcome(of:)`` would be, with nothing stored and no ref moved.
  func rehearsal(of new: ObjectID) async throws -> GitRemote.Outcome {
    guard let head = try await branch.head()?.id else { return .refused("fetch first") }
    let rehearsal = RehearsalEngine(engine, local)
    let repository = Repository(
      engine: rehearsal,
      objects: ObjectDatabase(engine: rehearsal, cacheSize: Self.rehearsalCache),
      options: remote.repository.options)
    switch try await commits(upTo: new, on: head, in: repository) {
    case .refused(let reason): return .refused(reason)
    case .found(let commits):
      switch try await picked(commits, on: head, in: repository) {
      case .refused(let reason): return .refused(reason)
      case .found: return .rebasable(on: head)
      }
    }
  }

  /// Something, or why the push is refused.
  private enum Attempt<Value> {
    case found(Value)
    case refused(String)
  }

  /// Bytes of objects that a rehearsal keeps.
  private static let rehearsalCache = 16 << 20

  /// What a branch's head lacks, the oldest first.
  private func commits(
    upTo new: ObjectID, on head: ObjectID, in repository: Repository
  ) async throws -> Attempt<[ObjectID]> {
    let bases = try await repository.mergeBases(head, new)
    guard let base = bases.first, bases.count == 1 else {
      return .refused("the histories have no one common ancestor: fetch first")
    }
    let range = GitProcess.Input.bytes(RevisionList.input([new], without: [base]))
    let commits = try await local.ids(
      "rev-list", "--reverse", "--topo-order", "--stdin", input: range)
    let merges = try await local.ids("rev-list", "--merges", "--stdin", input: range)
    guard merges.isEmpty, !commits.isEmpty else {
      return .refused("merges cannot be rebased: fetch first")
    }
    return .found(commits)
  }

  // MARK: By the server

  /// All commits in one call, whatever the branch is at by then, where each path that they change is as they found it. nil
  /// where that is not so, or where it takes more than the server does.
  private func onServer(_ commits: [ObjectID]) async throws -> GitRemote.Outcome? {
    guard engine.algorithm == .sha1, commits.count <= Self.mostCommits,
      let request = try await request(commits)
    else { return nil }
    let reply: CommitReply
    do {
      reply = try await engine.commitByServer(request, remote.repository.objects)
    } catch StoreError.host(.refused(_, _, let refusal)) where refusal.code == "TOOLARGE" {
      return nil
    }
    guard case .committed(let outcomes, _) = reply, let first = outcomes.first?.previous,
      let last = outcomes.last(where: { $0.commit != nil })?.commit?.id
    else { return nil }
    return try await rebased(from: first, to: last)
  }

  /// nil where the edits of a commit cannot be told to the server.
  private func request(_ commits: [ObjectID]) async throws -> CommitRequest? {
    guard let changes = try await changes(of: commits) else { return nil }
    let objects = try await remote.repository.objects.read(commits)
    var request = CommitRequest(branches: [])
    var count = 0
    for (id, framed) in zip(commits, objects) {
      let commit = try Commit(id: id, framed: framed, in: engine.location)
      guard let author = commit.author, author.isWhole, let committer = commit.committer,
        committer.isWhole, commit.object.encoding == nil
      else { return nil }
      var part = BranchRequest(
        ref: branch.ref, author: author, committer: committer.now, message: commit.object.message)
      // Where the branch has gone meanwhile, nothing is made.
      part.edits = [PathEdit(path: .root, expectation: .kind(.tree), action: .check)]
      let edits = changes[id] ?? []
      part.edits += Self.folderChecks(of: edits) + edits
      if edits.isEmpty { part.emptiness = .made }
      count += part.edits.count
      guard count <= ScriptedEngine.Limits.serverEdits, !part.dependsOnOrder else { return nil }
      try part.checkInfo()
      request.branches.append(part)
    }
    return request
  }

  /// Where something new lies there must be folders, or nothing: a file that has come there meanwhile would have to go.
  private static func folderChecks(of edits: [PathEdit]) -> [PathEdit] {
    var folders: Set<Path> = []
    for edit in edits where edit.expectation == .exactly(nil) {
      var above = edit.path.parent
      while let folder = above, !folder.isRoot, folders.insert(folder).inserted {
        above = folder.parent
      }
    }
    return folders.map { PathEdit(path: $0, expectation: .folder, action: .check) }
  }

  /// What each commit changes, as git tells it; nil where that cannot be told as edits.
  private func changes(of commits: [ObjectID]) async throws -> [ObjectID: [PathEdit]]? {
    let output = try await local.output(
      "diff-tree", "--stdin", "--always", "-r", "-z", "--no-renames", "--no-abbrev",
      input: .bytes(RevisionList.input(commits)))
    var changes: [ObjectID: [PathEdit]] = [:]
    var commit: ObjectID?
    // Each field ends with a NUL, the last one too: `:mode mode id id letter`, a path; or a commit.
    var fields = output.split(separator: 0, omittingEmptySubsequences: false).dropLast()[...]
    while let field = fields.popFirst() {
      guard field.first == UInt8(ascii: ":") else {
        commit = ObjectID(hexDigits: field)
        guard let commit else { return nil }
        changes[commit] = []
        continue
      }
      let words = field.dropFirst().split(separator: UInt8(ascii: " "))
      guard words.count == 5, let commit, let path = fields.popFirst() else { return nil }
      guard let old = entry(words[0], words[2]), let new = entry(words[1], words[3]) else {
        return nil
      }
      changes[commit]?.append(
        PathEdit(
          path: Path(bytes: Bytes(path)), expectation: .exactly(old),
          action: new.map { .entry($0) } ?? .remove))
    }
    return changes
  }

  /// An entry, or that there is none: mode 000000. nil where it cannot be read.
  private func entry(_ mode: some Sequence<UInt8>, _ id: ArraySlice<UInt8>) -> Entry?? {
    guard let mode = ScriptedEngine.mode(mode), let id = ObjectID(hexDigits: id) else {
      return .none
    }
    return .some(mode.rawValue == 0 ? nil : Entry(mode: mode, id: id))
  }

  // MARK: By the client

  /// Makes them beside the branch; then it moves to the last, if it is still where it was.
  private func byClient(_ commits: [ObjectID]) async throws -> GitRemote.Outcome {
    for _ in 0..<Self.mostAttempts {
      guard let head = try await branch.head()?.id else { return .refused("fetch first") }
      switch try await picked(commits, on: head, in: remote.repository) {
      case .refused(let reason): return .refused(reason)
      case .found(let last):
        let reply = try await engine.setRefs([
          RefChange(name: branch.ref, test: .exactly(head), set: last)
        ])
        if case .moved = reply { continue }
        return try await rebased(from: head, to: last)
      }
    }
    return .refused("fetch first: it moves faster than what you changed can be made anew")
  }

  /// Makes commits one after the other on a head, merging what both have changed. Answers the last; no ref moves.
  private func picked(
    _ commits: [ObjectID], on head: ObjectID, in repository: Repository
  ) async throws -> Attempt<ObjectID> {
    var options = repository.options
    // Whoever has made the commits makes them anew.
    if let last = commits.last, let committer = try await repository.commit(last).committer,
      let email = committer.email
    {
      options.author = Person(committer.name, email)
    }
    do {
      let draft = repository.detached(at: head, options: options)
      for commit in commits { try await draft.cherryPick(commit) }
      return .found(try await draft.head()?.id ?? head)
    } catch StoreError.mergeConflicts(let conflicts) {
      let paths = conflicts.prefix(3).map { "\($0.path)" }.joined(separator: ", ")
      let more = conflicts.count > 3 ? " and \(conflicts.count - 3) more" : ""
      return .refused("fetch first: what you changed has changed there, too: \(paths)\(more)")
    }
  }

  /// The new commits come to the pusher's repository, too.
  private func rebased(from head: ObjectID, to last: ObjectID) async throws -> GitRemote.Outcome {
    _ = try await remote.fetch([last])
    return .rebased(from: head, to: last)
  }
}

extension Identity {
  /// The same person at this time, in the same time zone.
  fileprivate var now: Identity {
    let zone = offsetText.flatMap { $0.utf8.count == 5 ? $0 : nil } ?? "+0000"
    let person = nameBytes + Array(" <".utf8) + (emailBytes ?? []) + Array("> ".utf8)
    return Identity(bytes: person + Array("\(Timestamp.now.seconds) \(zone)".utf8))
  }
}
