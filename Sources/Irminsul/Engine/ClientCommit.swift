import GitObjects
import RedisScripting

/// A commit that the client makes: it reads the head, builds the trees, and moves the ref if it is
/// still where it was. For backends without scripts, hashes that the server cannot compute, and
/// requests that would hold up a server for too long.
struct ClientCommit {
  let engine: any StoreEngine
  let objects: ObjectDatabase
  /// How long a moving branch is chased.
  var deadline: Duration = .seconds(30)

  func callAsFunction(_ request: CommitRequest) async throws -> CommitReply {
    let clock = ContinuousClock()
    let end = clock.now + deadline
    var attempts = 0
    // Edits may look into these, so they are stored first.
    if !request.objects.isEmpty { try await objects.write(request.objects) }
    while true {
      attempts += 1
      let head = try await engine.ref(request.ref)
      if case .exactly(let expected) = request.head, expected != head {
        return .moved(head: head)
      }
      var tree = Tree(root: .empty, objects: objects)
      if let head {
        tree = Tree(root: Directory(base: try await objects.rootTree(of: head)), objects: objects)
      }
      let conflicts = try await failedExpectations(of: request, on: tree)
      if !conflicts.isEmpty { return .conflict(head: head, conflicts) }

      var new: [IdentifiedObject] = []
      var edited = tree
      for edit in request.edits { edited = try await apply(edit, to: edited) }
      let root = try await edited.write(engine.algorithm, into: &new)
      if request.emptiness == .skipped {
        if let head, try await objects.rootTree(of: head) == root {
          return .unchanged(head: head)
        }
        if head == nil, root == Tree.emptyID(engine.algorithm) { return .unchanged(head: nil) }
      }

      let object = request.commitObject(tree: root, parents: request.parents(at: head))
      let commit = IdentifiedObject(object.framed, engine.algorithm)
      new.append(commit)
      try await objects.write(new)
      let change = RefChange(name: request.ref, test: .exactly(head), set: commit.id)
      if let position = try await move(change, objects) {
        return .committed(Commit(id: commit.id, object: object), position: position)
      }
      guard clock.now < end else {
        throw StoreError.tooManyAttempts(branch: request.ref, attempts: attempts)
      }
      // Losers wait for a random part of a growing time, so that they do not meet again.
      let ceiling = min(1_000_000, 1000 << min(attempts, 10))
      try await Task.sleep(for: .microseconds(Int.random(in: 0...ceiling)))
    }
  }

  /// Moves the ref; nil when it was moved by somebody else. When the answer is lost, the history
  /// tells whether it was this commit that moved it.
  private func move(_ change: RefChange, _ objects: ObjectDatabase) async throws -> Int64? {
    do {
      if case .set(let position) = try await engine.setRefs([change]) { return position }
      return nil
    } catch StoreError.host(let error) where error.mayHaveBeenDone {
      var lost = error
      for attempt in 0..<20 {
        try await Task.sleep(for: .milliseconds(min(2000, 25 << attempt)))
        do {
          guard let found = try await engine.ref(change.name) else {
            throw StoreError.host(lost)
          }
          if found == change.set { return 0 }
          if change.test == .exactly(found) { return nil }
          return try await isAncestor(change.set, of: found, since: change.test) ? 0 : nil
        } catch StoreError.host(let next) {
          if case .closed = next { throw StoreError.host(next) }
          lost = error
        }
      }
      throw StoreError.host(lost)
    }
  }

  /// Whether `id` is among the commits between the head that was tested and the one found now.
  private func isAncestor(
    _ id: ObjectID?, of found: ObjectID, since test: RefChange.Test
  ) async throws -> Bool {
    var queue = [found]
    var seen: Set<ObjectID> = [found]
    while let next = queue.popLast(), seen.count < 10_000 {
      if next == id { return true }
      if test == .exactly(next) { continue }
      for parent in try await objects.commit(next).parents where seen.insert(parent).inserted {
        queue.append(parent)
      }
    }
    return false
  }

  private func failedExpectations(
    of request: CommitRequest, on tree: Tree
  ) async throws -> [PathConflict] {
    var conflicts: [PathConflict] = []
    for edit in request.edits {
      guard case .exactly(let expected) = edit.expectation else { continue }
      var found = try await tree.entry(edit.path)
      if edit.path.isRoot, found?.id == Tree.emptyID(engine.algorithm), tree.root.base == nil {
        found = nil
      }
      if found != expected { conflicts.append(PathConflict(path: edit.path, found: found)) }
    }
    return conflicts
  }

  private func apply(_ edit: PathEdit, to tree: Tree) async throws -> Tree {
    switch edit.action {
    case .check: return tree
    case .remove: return try await tree.removing(edit.path)
    case .blob(let mode, let blob):
      return try await tree.setting(edit.path, blob: blob.object, mode: mode)
    case .entry(let entry):
      if edit.path.isRoot {
        guard entry.mode.isTree else { throw StoreError.rootIsDirectory }
        return Tree(root: Directory(base: entry.id), objects: objects)
      }
      return try await tree.setting(edit.path, entry)
    }
  }
}
