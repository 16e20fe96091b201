import GitObjects
import RedisScripting

/// Why a store refused, or could not do, what it was asked. Nothing was changed, unless the error
/// is a ``host(_:)`` whose answer was lost.
public enum StoreError: Error, Sendable {
  /// The host could not answer: no connection, refused, file unusable, closed.
  case host(HostError)
  case badPath(Path, reason: String)
  case badBranchName(String, reason: String)
  case badStoreName(String, reason: String)
  case badURL(String, reason: String)
  /// Nothing is at the path.
  case notFound(Path, in: String)
  case noSuchBranch(String)
  case noSuchObject(String, in: String)
  /// The text names more than one object.
  case ambiguous(String, candidates: [ObjectID])
  case branchExists(String)
  case badTagName(String, reason: String)
  case tagExists(String)
  case noSuchTag(String)
  /// A branch `a` and a branch `a/b` cannot both exist, as in Git.
  case branchNameClash(String, with: String)
  /// The root of a tree is a directory; contents cannot be put there.
  case rootIsDirectory
  /// Another writer has changed paths that this write relied on. No paths when the conflict is gone by
  /// now, but a write with the same ``RequestToken`` was refused for one before. The branch is the first
  /// that conflicts; in a commit of several, each conflict names its own.
  case conflict(branch: String, [PathConflict])
  /// A test-and-set found another value at the path.
  case testFailed(Path, found: Entry?)
  /// A test-and-set of a head, or a ref, found another one.
  case headMoved(branch: String, found: ObjectID?)
  /// The blob at the path is not a value of the type that was asked for.
  case undecodable(Path, at: ObjectID?, type: String, reason: String)
  /// A value could not be turned into bytes.
  case unencodable(type: String, reason: String)
  /// The entry at the path is of another kind than the operation needs.
  case wrongKind(Path, found: FileMode, wanted: String)
  case missingObject(ObjectID, in: String)
  case damagedObject(ObjectID, in: String, reason: String)
  case notACommit(ObjectID)
  case storeAbsent(name: String, in: String)
  case storeDeleted(name: String, in: String)
  /// Parts of the store are missing or make no sense.
  case damagedStore(name: String, in: String, reason: String)
  /// A watch cannot go on: the store is another one, or an older state of it.
  case storeReplaced(after: Int64, in: String)
  /// The store was written by a version of this library that this one does not understand.
  case unknownFormat(found: String, supported: [String], in: String)
  case wrongHash(found: String, asked: String, in: String)
  /// The store keeps its directories in another layout than was asked for.
  case wrongLayout(found: DirectoryLayout, asked: DirectoryLayout, in: String)
  /// Too long ago: the server may have forgotten whether this commit was made.
  case outcomeUnknown(branch: String)
  /// A write that is tried again was made before, and its commit is not stored any more: the branch was cut or has gone
  /// since.
  case commitRemoved(ObjectID, in: String)
  /// The ``RequestToken`` stands for another write, which was made or refused before.
  case tokenReused(branch: String)
  /// What an operation had stored, and no ref leads to yet, may have been collected as garbage: it paused for
  /// longer than its lease lasts.
  case leaseExpired(in: String)
  /// Paths at which a merge does not go together; nothing was changed.
  case mergeConflicts([MergeConflict])
  /// A merge has several parents, and it was not said with which of them it is to be compared.
  case mergeWithoutMainline(ObjectID, parents: Int)
  /// The histories of two commits have none in common.
  case unrelatedHistories(ObjectID, ObjectID)
  /// The answer may lie beyond a commit at which the store's history has been cut; the first is what was looked
  /// for. See ``Repository/boundary()``.
  case historyCut(String, at: ObjectID, in: String)
  /// A walk over a history has reached its ``HistoryLimit``.
  case historyLimit(String)
  /// The branch has commits that the one it was to move to does not have.
  case notFastForward(branch: String, ObjectID)
  /// A setting of the store forbids what was to become of a ref: ``Setting``. The reason is the end of a
  /// sentence about the ref.
  case denied(ref: String, by: String, reason: String)
  /// A quota of the store does not let it grow any more: ``Setting``. `what` is `bytes` or `objects`.
  case quotaExceeded(what: String, limit: Int64, in: String)
  /// A file on this machine cannot be read.
  case file(path: String, reason: String)
  /// No ``Setting`` of that name, or not with that value.
  case badSetting(String, reason: String)
  /// Entries of the log after this position are not kept any more.
  case logTrimmed(after: Int64, in: String)
  /// A client-side loop gave up after its deadline.
  case tooManyAttempts(branch: String, attempts: Int)
  /// A proof is damaged, or does not prove what it should.
  case badProof(String)
  /// A computation needs an object that its ``Proof`` does not have.
  case notInProof(ObjectID)
  /// A tree is larger than the limit of what was asked for.
  case treeLimit(String)
  /// The backend does not offer this.
  case unsupported(String)
  /// The answer of the server makes no sense to this library.
  case unexpectedReply(String, in: String)
  case git(GitError)
  case slice(SliceError)
}

/// One path at which a commit could not be made.
public struct PathConflict: Sendable, Hashable {
  /// Why.
  public enum Reason: String, Sendable, Hashable {
    /// The head has something else there than the writer expects.
    case expected
    /// What is there is not of the kind that the action works on: no counter, no set of lines, …
    case kind
    /// The counter would leave the range of 64 bits, or the register's time that of 15 digits.
    case overflow
    /// The chunk of a log or queue is as large as its writer allows.
    case full
    /// Nothing is left to take.
    case empty
  }

  public let path: Path
  /// What is there now; nil when nothing is.
  public let found: Entry?
  public let reason: Reason
  /// The short name of the branch, in a commit of several; else nil.
  public let branch: String?

  public init(
    path: Path, found: Entry?, reason: Reason = .expected, branch: String? = nil
  ) {
    self.path = path
    self.found = found
    self.reason = reason
    self.branch = branch
  }
}

/// What an entry of a tree points to.
public struct Entry: Sendable, Hashable {
  public let mode: FileMode
  public let id: ObjectID

  public init(mode: FileMode, id: ObjectID) {
    self.mode = mode
    self.id = id
  }
}

extension StoreError {
  /// Says why each path conflicts, in few words, for no more paths than a line holds.
  /// A branch, a tag or another ref as people write it.
  private static func refText(_ name: String, isShort: Bool = false) -> String {
    let prefix = "refs/tags/"
    if name.hasPrefix(prefix) {
      return (isShort ? "" : "tag ") + "\"\(name.dropFirst(prefix.count))\""
    }
    return (isShort ? "" : name.hasPrefix("refs/") ? "ref " : "branch ") + "\"\(name)\""
  }

  private static func list(_ conflicts: [PathConflict]) -> String {
    let words: [(PathConflict.Reason, String)] = [
      (.expected, "changed by another writer"), (.kind, "not of the kind that the edit needs"),
      (.overflow, "beyond its range"), (.full, "full"), (.empty, "empty"),
    ]
    return words.compactMap { reason, text in
      let paths = conflicts.filter { $0.reason == reason }.map {
        "\"\($0.branch.map { "\($0):" } ?? "")\($0.path)\""
      }
      if paths.isEmpty { return nil }
      let more = paths.count > 5 ? " and \(paths.count - 5) more" : ""
      return "\(text): " + paths.prefix(5).joined(separator: ", ") + more
    }.joined(separator: "; ")
  }
}

extension StoreError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .host(let error): error.description
    case .badPath(let path, let reason): "bad path \"\(path)\": \(reason)"
    case .badBranchName(let name, let reason): "bad branch name \"\(name)\": \(reason)"
    case .badStoreName(let name, let reason): "bad store name \"\(name)\": \(reason)"
    case .badURL(let url, let reason):
      "bad store URL \"\(url)\": \(reason)\n"
        + "Use memory:, file:PATH, redis://HOST:PORT, rediss://HOST:PORT or redis+unix:///PATH."
    case .notFound(let path, let place): "nothing at \"\(path)\" in \(place)"
    case .noSuchBranch(let name): "no branch \"\(name)\""
    case .noSuchObject(let text, let location):
      "no object \"\(text)\" in \(location)"
        + ((1..<4).contains(text.utf8.count) && text.allSatisfy(\.isHexDigit)
          ? "\nThe start of an id has four digits or more." : "")
    case .ambiguous(let text, let ids):
      "\"\(text)\" is ambiguous: it could be "
        + ids.prefix(5).map(\.hex).joined(separator: ", ") + "\nGive more digits."
    case .branchExists(let name): "branch \"\(name)\" exists already"
    case .badTagName(let name, let reason): "bad tag name \"\(name)\": \(reason)"
    case .tagExists(let name): "tag \"\(name)\" exists already"
    case .noSuchTag(let name): "no tag \"\(name)\""
    case .branchNameClash(let name, let other):
      "\(Self.refText(name)) cannot exist beside \(Self.refText(other, isShort: true)): one name is a folder of the other"
    case .rootIsDirectory: "the root is a directory: give a path to put contents at"
    case .conflict(let branch, let conflicts):
      "conflict on branch \"\(branch)\": "
        + (conflicts.isEmpty ? "this request met one before" : Self.list(conflicts))
        + "\nRead the present values and decide again."
    case .testFailed(let path, let found):
      "test failed at \"\(path)\": found \(found.map { "\($0.id)" } ?? "nothing")"
    case .headMoved(let branch, let found):
      "\"\(branch)\" is not where it was expected: it is at \(found?.hex ?? "no commit")"
    case .undecodable(let path, let commit, let type, let reason):
      "the value at \"\(path)\"\(commit.map { " in \($0)" } ?? "") is no \(type): \(reason)"
    case .unencodable(let type, let reason): "a \(type) cannot be stored: \(reason)"
    case .wrongKind(let path, let found, let wanted):
      "\"\(path)\" has mode \(found): \(wanted) is needed"
    case .missingObject(let id, let location):
      "object \(id) is missing in \(location)\n"
        + "Unless that id was a mistake, the store is damaged: run verify, and restore it."
    case .damagedObject(let id, let location, let reason):
      "object \(id) is damaged in \(location): \(reason)\n"
        + "Run verify, which names all that is damaged, and restore it from a copy."
    case .notACommit(let id): "\(id) is not a commit"
    case .damagedStore(let name, let location, let reason):
      "the store \"\(name)\" in \(location) is damaged: \(reason)\n"
        + "Look at it with verify, and restore it from a copy."
    case .storeReplaced(let position, let location):
      "the store in \(location) is another one than before, or an older state of it: its log does not "
        + "go on after position \(position)\nWatch it anew."
    case .storeAbsent(let name, let location): "there is no store \"\(name)\" in \(location)"
    case .storeDeleted(let name, let location):
      "store \"\(name)\" in \(location) is being deleted\nDelete it again to end that."
    case .unknownFormat(let found, let supported, let location):
      "the store in \(location) has format \(found); this version reads formats \(supported.joined(separator: " and "))\n"
        + "Open it with a version that knows that format."
    case .wrongHash(let found, let asked, let location):
      "the store in \(location) has \(found) ids, not \(asked)"
    case .wrongLayout(let found, let asked, let location):
      "the store in \(location) has the layout \(found), not \(asked)\n"
        + "A store keeps its layout: open it without asking for one, or make another store."
    case .outcomeUnknown(let branch):
      "a commit on \"\(branch)\" was sent long ago and its answer is lost\n"
        + "Look at the log to see whether it was made; it was not sent again."
    case .commitRemoved(let id, let location):
      "a commit was made in \(location) before its answer was lost, \(id), and is not stored any more\n"
        + "The history of its branch was cut, or the branch removed, and garbage collected since: it was not made again."
    case .leaseExpired(let location):
      "an operation on \(location) paused for so long that what it had stored may be gone; nothing has changed: run it again"
    case .tokenReused(let branch):
      "the token of a commit on \"\(branch)\" stands for another write that came before\n"
        + "Nothing was changed: make a token for each write."
    case .logTrimmed(let position, let location):
      "changes after position \(position) are no longer in the log of \(location)\n"
        + "Start from the present state."
    case .tooManyAttempts(let branch, let attempts):
      "branch \"\(branch)\" moved \(attempts) times, where a commit changes it, while it was made; gave up\n"
        + "Try again; commits of 1,000 edits or fewer are made by the server, which no other commit disturbs."
    case .mergeConflicts(let conflicts):
      conflicts.count == 1
        ? "a conflict: \(conflicts[0])"
        : "\(conflicts.count) conflicts: "
          + conflicts.prefix(3).map { "\($0)" }.joined(separator: "; ")
          + (conflicts.count > 3 ? " and \(conflicts.count - 3) more" : "")
    case .mergeWithoutMainline(let id, let parents):
      parents > 1
        ? "\(id.hex.prefix(10)) is a merge of \(parents) commits\n"
          + "Say which of them the change is against: a mainline from 1 to \(parents)."
        : "\(id.hex.prefix(10)) is no merge: it has no such parent\nLeave the mainline out."
    case .unrelatedHistories(let one, let other):
      "\(one.hex.prefix(10)) and \(other.hex.prefix(10)) have no common ancestor\n"
        + "Merge them as unrelated histories if that is meant."
    case .historyCut(let what, let commit, let location):
      "\(what) is not known: the history of \(location) has been cut at \(commit.hex.prefix(10))\n"
        + "Import the archive that was written then, or use a store that has the whole history."
    case .historyLimit(let what):
      "the limit of a walk over the history is reached: \(what)\nAllow more, or leave the limit out."
    case .notFastForward(let branch, let commit):
      "branch \"\(branch)\" has commits that \(commit.hex.prefix(10)) does not have: "
        + "it cannot just move there\nMerge instead."
    case .quotaExceeded(let what, let limit, let location):
      "the quota of \(location) is reached: it may hold \(limit) \(what) (quota.\(what)): set a greater one, or remove "
        + "what is not needed and collect garbage"
    case .file(let path, let reason): "cannot read \"\(path)\": \(reason)"
    case .denied(let ref, let setting, let reason):
      "\(ref) \(reason): the store's setting \(setting) forbids that"
    case .badSetting(let name, let reason): "bad setting \"\(name)\": \(reason)"
    case .badProof(let reason):
      "the proof does not hold: \(reason)\nIt is damaged, or of something else: have it made again."
    case .notInProof(let id):
      "object \(id) is not in the proof\n"
        + "What is proved must read what was read when the proof was made, and no more."
    case .treeLimit(let what):
      "the limit of a tree is reached: \(what)\nAllow more, or take a part of the tree."
    case .unsupported(let what): "this backend does not support \(what)"
    case .unexpectedReply(let what, let location): "unexpected answer from \(location): \(what)"
    case .git(let error): error.description
    case .slice(let error): error.description
    }
  }
}
