import GitObjects
import RedisScripting

/// Something that a verification has found wrong with a store.
public struct Fault: Sendable, Hashable {
  /// What is wrong, for programs: one of a fixed set of words.
  public enum Kind: String, Sendable, Hashable, CaseIterable, Codable {
    /// A key among the objects is no id.
    case badID = "bad-id"
    /// What is stored under an id does not start as an object does.
    case notAnObject = "not-an-object"
    /// An object's bytes hash to another id.
    case wrongHash = "wrong-hash"
    /// The content of a tree, commit or tag cannot be read.
    case malformed = "malformed"
    /// A part of a wide directory is not what its entries ask for; what it holds can be read, but
    /// pages, counts and changes of it may be wrong.
    case badDirectory = "bad-directory"
    /// An object that some ref reaches lacks an object that it names; or a large blob one of its chunks.
    case missingObject = "missing-object"
    /// An object names one of another kind than it must be.
    case wrongKind = "wrong-kind"
    /// A ref holds no id, or Git would not accept its name.
    case badRef = "bad-ref"
    /// A ref, or a detached HEAD, names an object that is not stored.
    case missingTarget = "missing-target"
    /// A branch, or a detached HEAD, is not on a commit.
    case notACommit = "not-a-commit"
    /// The root tree that is kept beside a branch's head is not that commit's.
    case wrongRootTree = "wrong-root-tree"
    /// The number of refs that is kept for a folder of refs is wrong.
    case wrongRefCount = "wrong-ref-count"
    /// HEAD makes no sense.
    case badHead = "bad-head"
    /// The log of ref changes has a gap, or does not end where the store says.
    case badLog = "bad-log"
  }

  /// What the fault is about.
  public enum Subject: Sendable, Hashable {
    case object(ObjectID)
    case ref(String)
    /// A key that should not be there, in hexadecimal.
    case key(String)
    case head
    case log
  }

  /// The word for programs, such as `wrong-hash`; it keeps its meaning in later versions.
  public var kind: String { what.rawValue }
  public let what: Kind
  public let subject: Subject
  /// For people, without the subject.
  public let reason: String

  public init(_ what: Kind, _ subject: Subject, _ reason: String) {
    self.what = what
    self.subject = subject
    self.reason = reason
  }

  /// The id of the object that the fault is about; nil when it is about something else.
  public var object: ObjectID? {
    if case .object(let id) = subject { id } else { nil }
  }

  /// The full name of the ref that the fault is about; nil when it is about something else.
  public var ref: String? {
    if case .ref(let name) = subject { name } else { nil }
  }
}

extension Fault: CustomStringConvertible {
  /// The subject and the reason, on one line.
  public var description: String { "\(subject): \(reason)" }
}

extension Fault.Subject: CustomStringConvertible {
  public var description: String {
    switch self {
    case .object(let id): "object \(id)"
    case .ref(let name): "ref \"\(name)\""
    case .key(let digits): "key \(digits)"
    case .head: "HEAD"
    case .log: "log"
    }
  }
}
