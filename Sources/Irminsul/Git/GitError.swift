/// Why work with a Git repository on disk failed.
public enum GitError: Error, Sendable, Hashable, CustomStringConvertible {
  /// There is no `git` to run.
  case absent(reason: String)
  case notARepository(String)
  /// A folder that something is to be written to holds something already.
  case notEmpty(String)
  /// A git command ended with an error.
  case failed(command: String, status: Int32, message: String)
  /// A git command printed what it should not.
  case unexpectedOutput(command: String, reason: String)
  case wrongHash(path: String, found: String, store: String)

  public var description: String {
    switch self {
    case .absent(let reason): "cannot run git: \(reason)\nInstall git and see that it is in PATH."
    case .notARepository(let path): "\"\(path)\" is not a Git repository"
    case .notEmpty(let path): "\"\(path)\" exists and is not empty\nGive a new folder."
    case .failed(let command, let status, let message):
      "git \(command) failed with status \(status)"
        + (message.isEmpty ? "" : ": \(message.prefix(400))")
    case .unexpectedOutput(let command, let reason):
      "git \(command) printed what it should not: \(reason)"
    case .wrongHash(let path, let found, let store):
      "\"\(path)\" has \(found) ids and the store has \(store) ids\n"
        + "Make a store with --hash \(found)."
    }
  }
}
