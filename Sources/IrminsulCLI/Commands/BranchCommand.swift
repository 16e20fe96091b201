import ArgumentParser
import Irminsul

struct BranchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "branch", abstract: "List, make, delete or rename branches.",
    usage: """
      irminsul branch [--verbose]
      irminsul branch NAME [--from REV]
      irminsul branch --delete NAME [--force]
      irminsul branch --move NAME NEWNAME
      """,
    discussion: """
      The list marks the branch that the store's HEAD names with "*". Deleting a branch leaves its \
      commits in the store; its last head is told. The one that HEAD names is deleted only with --force.

      Example: irminsul branch topic --from main~1

      JSON keys, a line for each branch that was listed, made, renamed or deleted: branch, commit, \
      head (true where the store's HEAD names it), subject; deleted or renamedFrom.
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var output: OutputOptions

  @Option(help: ArgumentHelp("Where the new branch starts (default: HEAD).", valueName: "rev"))
  var from: String?

  @Flag(name: [.short, .long], help: "Delete the branch.")
  var delete = false

  @Flag(name: [.short, .long], help: "Delete also the branch that the store's HEAD names.")
  var force = false

  @Flag(name: [.short, .long], help: "Give a branch another name.")
  var move = false

  @Flag(name: [.short, .long], help: "List ids and subjects too.")
  var verbose = false

  @Argument var names: [String] = []

  private struct Facts: Encodable {
    let branch: String
    var commit: String?
    var head: Bool?
    var subject: String?
    var deleted: Bool?
    var renamedFrom: String?
  }

  func validate() throws {
    if delete, move { throw ValidationError("give --delete or --move, not both") }
    if force, !delete { throw ValidationError("--force goes with --delete") }
    if delete, names.count != 1 { throw ValidationError("--delete takes one name") }
    if move, names.count != 2 { throw ValidationError("--move takes the old name and the new one") }
    if !move, names.count > 1 { throw ValidationError("one name makes a branch: too many names") }
    if from != nil, delete || move || names.isEmpty {
      throw ValidationError("--from goes with the name of a new branch")
    }
  }

  func run() async throws {
    // A branch with a bad name, from elsewhere, can be deleted.
    if !delete { for name in names { try BranchOption.check(name) } }
    try await store.withRepository(.read) { repository in
      if names.isEmpty {
        try await list(repository)
      } else if delete {
        try await delete(names[0], in: repository)
      } else if move {
        try await rename(names[0], to: names[1], in: repository)
      } else {
        try await create(names[0], in: repository)
      }
    }
  }

  private func list(_ repository: Repository) async throws {
    let head = try await BranchOption.defaultName(of: repository)
    let heads = try await repository.heads().sorted { $0.key < $1.key }
    let width = heads.map(\.key.count).max() ?? 0
    for (name, id) in heads {
      let subject = verbose || output.isJSON ? try await repository.commit(id).subject : ""
      if output.isJSON {
        try JSONLine.print(
          Facts(branch: name, commit: id.hex, head: name == head, subject: subject))
        continue
      }
      var line = name == head ? "* \(Style.output(.green, name))" : "  \(name)"
      if verbose {
        line += String(repeating: " ", count: width - name.count)
        line += " \(Style.output(.yellow, String(id.hex.prefix(10)))) \(subject)"
      }
      try StandardOutput.line(line)
    }
  }

  private func create(_ name: String, in repository: Repository) async throws {
    let start: Commit
    if let from {
      start = try await repository.resolveCommit(from)
    } else {
      let branch = try await BranchOption.defaultBranch(of: repository)
      guard let head = try await branch.head() else {
        throw try await BranchOption.absence(of: branch)
      }
      start = head
    }
    try await repository.createBranch(name, at: start.id)
    try report(
      Facts(branch: name, commit: start.id.hex, subject: start.subject),
      "made branch \(name) at \(Style.output(.yellow, String(start.id.hex.prefix(10))))"
        + " \(start.subject)")
  }

  private func delete(_ name: String, in repository: Repository) async throws {
    var head: ObjectID?
    var isThere = true
    do {
      head = try await repository.heads()[name]
      isThere = head != nil
    } catch StoreError.damagedStore {
      // A branch that has lost its id, perhaps this one, must not be in the way.
    }
    let isDefault = try await BranchOption.defaultName(of: repository) == name
    if isThere, isDefault, !force {
      throw Failure(
        .refused,
        "branch \"\(name)\" is what HEAD names in \(repository.location): it was not deleted\n"
          + "Delete it all the same with `irminsul branch --delete --force \(name)`.")
    }
    try await repository.deleteBranch(name)
    try report(
      Facts(branch: name, commit: head?.hex, deleted: true),
      "deleted branch \(name)" + (head.map { " (was at \($0.hex))" } ?? ""))
  }

  private func rename(_ name: String, to newName: String, in repository: Repository) async throws {
    try await repository.renameBranch(name, to: newName)
    let head = try await repository.heads()[newName]
    try report(
      Facts(branch: newName, commit: head?.hex, renamedFrom: name),
      "renamed branch \(name) to \(newName)")
  }

  private func report(_ facts: Facts, _ text: String) throws {
    if output.isJSON { return try JSONLine.print(facts) }
    try StandardOutput.line(text)
  }
}
