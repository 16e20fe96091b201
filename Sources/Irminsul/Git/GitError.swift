import GitObjects

/// Why work with a Git repository on disk failed.
public enum GitError: Error, Sendable, Hashable, CustomStringConvertible {
  /// There is no `git` to run.
  case absent(reason: String)
  case notARepository(String)
  case noSuchFolder(String)
  /// The repository's history is cut off, so it lacks objects that its commits name.
  case shallow(String)
  /// The repository was cloned with a filter: git fetches what it lacks one by one when it is read.
  case partial(String)
  /// Objects that the repository's refs reach are missing or damaged; what git said.
  case incomplete(String, message: String)
  /// A folder that something is to be written to holds something already.
  case notEmpty(String)
  /// A file or a folder could not be written.
  case cannotWrite(path: String, reason: String)
  /// A git command ended with an error.
  case failed(command: String, status: Int32, message: String)
  /// A git command printed what it should not.
  case unexpectedOutput(command: String, reason: String)
  case wrongHash(path: String, found: String, store: String)
  /// A ref that cannot be taken over, with the reason as the end of a sentence about it.
  case unusableRef(name: String, reason: String)
  /// An object that the store's host cannot hold; `path` is where some commit has it, if known.
  case objectTooLarge(ObjectID, path: String?, bytes: Int, limit: Int)

  public var description: String {
    switch self {
    case .absent(let reason): "cannot run git: \(reason)\nInstall git and see that it is in PATH."
    case .notARepository(let path):
      "\"\(path)\" is not a Git repository\nGive the folder of one: bare, or that holds .git."
    case .noSuchFolder(let path):
      "there is no folder \"\(path)\"\nGive the folder of a Git repository on this machine."
    case .shallow(let path):
      "\"\(path)\" is a shallow repository: parts of its history are missing\n"
        + "Complete it with git fetch --unshallow."
    case .partial(let path):
      "\"\(path)\" is a partial clone: objects of its history are missing\n"
        + "Make a full one with git clone --mirror, and import that."
    case .incomplete(let path, let message):
      "git cannot read all that the refs of \"\(path)\" reach: \(message.prefix(200))\n"
        + "Look at it with git fsck, and fetch what is missing."
    case .notEmpty(let path): "\"\(path)\" exists and is not empty\nGive a new folder."
    case .cannotWrite(let path, let reason):
      "cannot write \"\(path)\": \(reason)\nGive a folder on a disk with room, that you may write."
    case .failed(let command, let status, let message):
      "git \(command) failed with status \(status)"
        + (message.isEmpty ? "" : ": \(message.prefix(400))")
    case .unexpectedOutput(let command, let reason):
      "git \(command) printed what it should not: \(reason)"
    case .wrongHash(let path, let found, let store):
      "\"\(path)\" has \(found) ids and the store has \(store) ids, which do not go together\n"
        + "Use a store with \(found) ids (irminsul init --hash \(found)), "
        + "or a repository with \(store) ids (git init --object-format=\(store))."
    case .unusableRef(let name, let reason): "ref \"\(name)\" \(reason)"
    case .objectTooLarge(let id, let path, let bytes, let limit):
      "object \(id)\(path.map { " at \"\($0)\"" } ?? "") has \(bytes) bytes;"
        + " the store's host holds \(limit) bytes at most\nNothing of the refs was changed."
    }
  }
}
