import Foundation

/// The `git` of this machine, and how it is run: alone with the repository that it is given.
struct GitProgram: Sendable {
  /// Whose configuration a command reads besides the repository's.
  enum Configuration: Sendable {
    /// The user's: it says, for instance, which foreign repositories may be read.
    case user
    /// Nobody's, so that what is written is the same everywhere.
    case none
  }

  let path: String
  private let environment: [String: String]

  /// Looks `git` up in PATH.
  ///
  /// - Throws: ``GitError/absent(reason:)``.
  init(environment: [String: String] = ProcessInfo.processInfo.environment) throws(GitError) {
    let folders = (environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
    let path = folders.lazy.map { "\($0)/git" }.first {
      FileManager.default.isExecutableFile(atPath: $0)
    }
    guard let path else { throw .absent(reason: "it is in no folder of PATH") }
    self.path = path
    self.environment = environment
  }

  /// The variables for a command. Those of the caller may name another repository, index or objects.
  func variables(_ configuration: Configuration) -> [String: String] {
    let kept: Set<String> = [
      "GIT_EXEC_PATH", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM",
    ]
    // What a user gives with `git -c` is a part of the configuration as well.
    let isGiven = { (name: String) in
      configuration == .user
        && ["GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_"]
          .contains { name.hasPrefix($0) }
    }
    var variables = environment.filter {
      !$0.key.hasPrefix("GIT_") || kept.contains($0.key) || isGiven($0.key)
    }
    variables["LC_ALL"] = "C"
    variables["GIT_TERMINAL_PROMPT"] = "0"
    variables["GIT_OPTIONAL_LOCKS"] = "0"
    // What a partial clone lacks is to be missing, not fetched object by object.
    variables["GIT_NO_LAZY_FETCH"] = "1"
    // Objects and parents as they are, not as somebody would like to see them.
    variables["GIT_NO_REPLACE_OBJECTS"] = "1"
    variables["GIT_GRAFT_FILE"] = "/dev/null/none"
    if configuration == .none {
      variables["GIT_CONFIG_GLOBAL"] = "/dev/null"
      variables["GIT_CONFIG_NOSYSTEM"] = "1"
    }
    return variables
  }
}
