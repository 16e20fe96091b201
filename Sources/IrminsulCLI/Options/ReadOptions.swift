import ArgumentParser
import Irminsul

/// Which state of the store a command reads: a branch's, or another revision's.
struct ReadOptions: ParsableArguments {
  @OptionGroup var branch: BranchOption

  @Option(
    name: .customLong("at"),
    help: ArgumentHelp(
      "Read a revision instead of a branch's head: REV, or REV:PATH for a folder in it.",
      valueName: "rev"))
  var revision: String?

  func validate() throws {
    if revision != nil, branch.name != nil {
      throw ValidationError("give --at or --branch, not both")
    }
  }

  /// The tree to read.
  func source(in repository: Repository) async throws -> TreeSource {
    if let revision {
      return TreeSource(
        tree: try await Self.tree(of: revision, in: repository), label: "\"\(revision)\"")
    }
    let branch = try await branch.branch(of: repository)
    guard let snapshot = try await branch.snapshot() else {
      throw try await BranchOption.absence(of: branch)
    }
    return TreeSource(tree: snapshot.tree, label: "branch \"\(branch.name)\"")
  }

  /// The folder that REV or REV:PATH names.
  static func tree(of revision: String, in repository: Repository) async throws -> Tree {
    let (head, path) = RevisionPath.divide(revision) ?? (ArgumentText.shown(revision), .root)
    let entry = try await repository.resolveEntry(head, path: path)
    guard entry.mode.isTree else {
      throw Failure(.refused, "\"\(revision)\" is no folder\nPrint it with `irminsul cat`.")
    }
    return try await repository.tree(entry.id)
  }
}

/// A tree and what to call it in messages.
struct TreeSource {
  let tree: Tree
  let label: String

  func absence(of path: Path) -> Failure {
    let name = path.description
    var text = "nothing at \"\(name)\" in \(label)"
    if let colon = name.firstIndex(of: ":"), colon != name.startIndex {
      text +=
        "\nFor another revision write: --at \(name[..<colon]) \(name[name.index(after: colon)...])"
    } else {
      text += "\nSee what is there with `irminsul ls` or `irminsul tree`."
    }
    return Failure(.refused, text)
  }
}

extension Path {
  /// A path to read from, from an argument.
  ///
  /// - Throws: ``StoreError/badPath(_:reason:)``, before anything is opened or made.
  init(reading text: String) throws {
    self.init(bytes: ArgumentText.bytes(of: text))
    try checkForReading()
  }

  /// A path to write to, from an argument: not the root.
  ///
  /// - Throws: ``StoreError/badPath(_:reason:)``, before anything is opened or made.
  init(writing text: String) throws {
    self.init(bytes: ArgumentText.bytes(of: text))
    try check()
    if isRoot {
      throw Failure(
        .usage,
        "the root itself cannot be set, moved or removed\nGive a path below it, such as config/theme."
      )
    }
  }
}
