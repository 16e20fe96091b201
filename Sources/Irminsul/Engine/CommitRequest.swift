import GitObjects
import RedisScripting

/// One commit as a writer asks for it: edits, not trees, so that it can be rebased.
struct CommitRequest: Sendable {
  /// The full name of the branch.
  var ref: String
  var edits: [PathEdit]
  var head: HeadPolicy = .any
  var parents: ParentsPolicy = .head
  var author: Identity
  var committer: Identity
  var message: Bytes
  var emptiness: EmptyCommitPolicy = .skipped
  /// Objects that entries of the edits refer to and that may not be stored yet.
  var objects: [IdentifiedObject] = []

  /// The commit object for a tree and parents.
  func commitObject(tree: ObjectID, parents: [ObjectID]) -> CommitObject {
    CommitObject(
      tree: tree, parents: parents, author: author, committer: committer, message: message)
  }

  /// The parents of the commit when the branch is at `head`.
  func parents(at head: ObjectID?) -> [ObjectID] {
    switch parents {
    case .head: head.map { [$0] } ?? []
    case .given(let ids): ids
    }
  }
}

/// What must be the branch's head.
enum HeadPolicy: Sendable {
  /// Anything: the edits are rebased on it.
  case any
  /// nil: the branch must be absent.
  case exactly(ObjectID?)
}

enum ParentsPolicy: Sendable {
  case head
  case given([ObjectID])
}

/// Whether a commit is made when nothing changes.
public enum EmptyCommitPolicy: Sendable {
  case skipped
  case made
}

/// What to do at one path, and what must be there before.
struct PathEdit: Sendable {
  enum Expectation: Sendable, Equatable {
    case none
    /// nil: nothing may be there.
    case exactly(Entry?)
  }

  enum Action: Sendable {
    /// Only the expectation counts.
    case check
    case remove
    case blob(FileMode, IdentifiedObject)
    case entry(Entry)
  }

  var path: Path
  var expectation: Expectation
  var action: Action
}

enum CommitReply: Sendable {
  case committed(Commit, position: Int64)
  case unchanged(head: ObjectID?)
  case conflict(head: ObjectID?, [PathConflict])
  case moved(head: ObjectID?)
}

extension CommitRequest {
  /// Whether the edits name one thing twice, or something and a part of it, so that their order
  /// matters: they are then applied one after the other, by the client.
  var dependsOnOrder: Bool {
    let acting = edits.filter { if case .check = $0.action { false } else { true } }
    if acting.count < 2 { return false }
    var paths = Set<Path>(minimumCapacity: acting.count)
    for edit in acting where !paths.insert(edit.path).inserted { return true }
    return paths.contains { path in
      var above = path.parent
      while let folder = above {
        if paths.contains(folder) { return true }
        above = folder.parent
      }
      return false
    }
  }
}
