import GitObjects
import RedisScripting

/// What a writer asks for: edits, not trees, so that they can be rebased. One commit on each of some
/// branches, all or none.
struct CommitRequest: Sendable {
  var branches: [BranchRequest]
  /// Objects that entries of the edits refer to and that may not be stored yet.
  var objects: [IdentifiedObject] = []
  /// Tells this request from every other; nil lets the engine choose.
  var key: RequestKey?
}

/// The part of a request that is about one branch.
struct BranchRequest: Sendable {
  /// The full name of the branch.
  var ref: String
  var edits: [PathEdit] = []
  var head: HeadPolicy = .any
  var parents: ParentsPolicy = .head
  var author: Identity
  var committer: Identity
  var message: Bytes
  var emptiness: EmptyCommitPolicy = .skipped

  /// Refuses what `git fsck` would find wrong in the commit.
  func checkInfo() throws(StoreError) {
    if message.contains(0) {
      throw .unencodable(type: "Info", reason: "the message holds a NUL, which Git does not take")
    }
    for identity in [author, committer] {
      if let seconds = identity.seconds, seconds < 0 {
        throw .unencodable(
          type: "Info", reason: "the date \(seconds) is before 1970, which Git does not take")
      }
      if let seconds = identity.seconds, seconds >= 1 << 62 {
        throw .unencodable(type: "Info", reason: "the date \(seconds) is too late for Git")
      }
    }
  }

  /// The commit object for a tree and parents.
  func commitObject(tree: ObjectID, parents: [ObjectID]) -> CommitObject {
    CommitObject(
      tree: tree, parents: parents, author: author, committer: committer, message: message)
  }

  /// The parents of the commit when the branch is at `head`.
  func parents(at head: ObjectID?) -> [ObjectID] {
    switch parents {
    case .head: head.map { [$0] } ?? []
    case .headAnd(let ids): (head.map { [$0] } ?? []) + ids
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
  /// The head, then some commits: a merge.
  case headAnd([ObjectID])
  case given([ObjectID])
}

/// Whether a commit is made when nothing changes.
public enum EmptyCommitPolicy: Sendable {
  case skipped
  case made
}

/// What to do at one path, and what the head must have there.
struct PathEdit: Sendable {
  enum Expectation: Sendable, Equatable {
    case none
    /// nil: nothing may be there.
    case exactly(Entry?)
    /// Anything of a kind must be there.
    case kind(ObjectKind)
    /// A directory or nothing; what is something else is no ``PathConflict/Reason/expected`` one but of another kind.
    case folder
    /// A directory that is this tree, or has the same names and modes.
    case names(ListingDigest)
  }

  enum Action: Sendable {
    /// Only the expectation counts.
    case check
    case remove
    case blob(FileMode, FramedObject)
    case entry(Entry)
    case value(ValueAction)
  }

  var path: Path
  var expectation: Expectation
  var action: Action
}

enum CommitReply: Sendable {
  /// At least one branch has a new commit.
  case committed([BranchOutcome], position: Int64)
  case unchanged(heads: [ObjectID?], position: Int64)
  case conflict(heads: [ObjectID?], [BranchConflict])
  case moved(heads: [ObjectID?])
}

/// What a request did to one of its branches.
struct BranchOutcome: Sendable {
  /// nil when nothing changed there.
  let commit: Commit?
  /// What the branch was at before.
  let previous: ObjectID?
}

struct BranchConflict: Sendable, Hashable {
  /// Which of the request's branches.
  let branch: Int
  let conflict: PathConflict
}

extension BranchRequest {
  /// Whether something is edited and a part of it as well, so that the order of the edits matters:
  /// they are then applied one after the other, by the client.
  var dependsOnOrder: Bool {
    if edits.count < 2 { return false }
    let acting = edits.filter { if case .check = $0.action { false } else { true } }
    let paths = Set(acting.map(\.path))
    if paths.count < 2 { return false }
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
