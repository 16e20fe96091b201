import ArgumentParser
import Irminsul

/// Which branch, for commands that read or write one.
struct BranchOption: ParsableArguments {
  @Option(
    name: [.customLong("branch"), .customShort("b")],
    help: ArgumentHelp(
      "The branch (default: what the store's HEAD names, main).", valueName: "name"))
  var name: String?

  /// Refuses a name that no branch can have.
  func check() throws {
    if let name { try Self.check(name) }
  }

  static func check(_ name: String) throws {
    let prefix = "refs/heads/"
    if name.hasPrefix(prefix) {
      throw Failure(
        .usage, "\"\(name)\" is a full name\nGive the short one: \(name.dropFirst(prefix.count))")
    }
    if let problem = BranchName.problem(name) {
      throw StoreError.badBranchName(name, reason: "it \(problem)")
    }
  }

  func branch(of repository: Repository) async throws -> Branch {
    if let name { return repository.branch(name) }
    return try await Self.defaultBranch(of: repository)
  }

  /// The branch, which must have a commit; only the one that HEAD names may get its first one so.
  func branchToMove(of repository: Repository) async throws -> Branch {
    let branch = try await branch(of: repository)
    guard let name, try await branch.head() == nil,
      try await Self.defaultName(of: repository) != name
    else { return branch }
    throw Failure(
      .refused,
      "no branch \"\(name)\" in \(repository.location)\n"
        + "Make it with `irminsul branch \(name) --from REV`.")
  }

  static func defaultBranch(of repository: Repository) async throws -> Branch {
    repository.branch(try await defaultName(of: repository))
  }

  /// The branch that the store's HEAD names, `main` when it names none.
  static func defaultName(of repository: Repository) async throws -> String {
    let head = try await repository.headReference()
    let prefix = "ref: refs/heads/"
    return head.hasPrefix(prefix) ? String(head.dropFirst(prefix.count)) : "main"
  }

  /// That a branch has no commit, and what to do about it.
  static func absence(of branch: Branch) async throws -> Failure {
    let names = try await branch.repository.branches()
    let remedy =
      names.isEmpty
      ? "Make the first commit with `irminsul set PATH VALUE`, or import a Git repository."
      : "There are: \(names.prefix(8).joined(separator: ", "))\(names.count > 8 ? ", …" : "")"
    return Failure(
      .refused, "no branch \"\(branch.name)\" in \(branch.repository.location)\n\(remedy)")
  }
}
