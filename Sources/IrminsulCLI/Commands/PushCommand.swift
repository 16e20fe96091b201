import ArgumentParser
import Irminsul

struct PushCommand: EndsInOrder {
  static let configuration = CommandConfiguration(
    commandName: "push", abstract: "Send branches or tags to another store.",
    usage: "irminsul push URL [NAME | NAME:THERE | :THERE]… [--merge | --force-with-lease ID]",
    discussion: """
      Only what is missing is sent, and refs move all at once or not at all. A branch there moves on only: \
      one that has commits which the pushed one has not is refused. --merge merges it there, beside its other \
      writers; --force-with-lease ID moves it from ID, and from nowhere else. :THERE with a lease removes it. \
      A name is that of a branch, else of a tag; refs/tags/v1 is a tag whatever branches there are.

      Example: irminsul push file:backup main draft:shared/draft

      JSON keys, a line for each ref: ref, change (created, fastForward, forced, merged, removed or \
      unchanged), old, new.
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var commit: CommitOptions
  @OptionGroup var rules: MergeRuleOptions
  @OptionGroup var output: OutputOptions

  @Flag(help: "Let the other store merge what comes, as `irminsul merge` does.")
  var merge = false

  @Option(
    help: ArgumentHelp("Move one ref if it is at this id (none: absent).", valueName: "id"))
  var forceWithLease: String?

  @Flag(help: "Make the other store if it is not there.")
  var create = false

  @Argument(help: RemoteStore.help)
  var url: String

  @Argument(help: "What to push (default: the branch that HEAD names).")
  var names: [String] = []

  func validate() throws {
    if merge, forceWithLease != nil {
      throw ValidationError("give --merge or --force-with-lease, not both")
    }
    if forceWithLease != nil, names.count != 1 {
      throw ValidationError("--force-with-lease goes with one name")
    }
    if forceWithLease == nil, names.contains(where: { $0.hasPrefix(":") }) {
      throw ValidationError("to remove a ref there, say where it is: --force-with-lease ID")
    }
  }

  func run() async throws {
    let bar = ProgressBar()
    defer { bar.finish() }
    try await store.withRepository(.read) { repository in
      var names = names
      if names.isEmpty { names = [try await BranchOption.defaultName(of: repository)] }
      var lease: ObjectID?
      if let forceWithLease, forceWithLease != "none" {
        lease = ObjectID(hex: forceWithLease)
        if lease?.algorithm != repository.algorithm {
          // Any name of the place where it is believed to be.
          lease = try await repository.resolve(forceWithLease)
        }
      }
      let (branches, tags) = (try await repository.heads(), try await repository.tags())
      let pushes = try names.map {
        try push($0, lease, isTag: { tags[$0] != nil && branches[$0] == nil })
      }
      func send() async throws -> SyncResult {
        try await RemoteStore.withRepository(url, like: create ? repository : nil) { remote in
          // Whichever of the two is found to be of another kind.
          try await StoreKinds.naming(remote.location) {
            try await repository.push(
              pushes, to: remote, commit.info("Merge branch '\(names[0])'"),
              merging: MergeOptions(rules: try MergeRuleOptions.rules(rules.rules))
            ) { bar.show($0) }
          }
        }
      }
      let result = try await StoreKinds.naming(repository.location, send)
      bar.finish()
      for ref in result.refs { try SyncFacts(ref).print(output) }
      if !output.isJSON {
        try StandardOutput.line(
          "sent \(NumberText.count(result.objects, "object")), \(NumberText.size(result.bytes))")
      }
    }
  }

  private func push(
    _ name: String, _ lease: ObjectID?, isTag: (String) -> Bool
  ) throws -> Push {
    let parts = name.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      .map(String.init)
    if parts[0].isEmpty, parts.count == 2, let lease {
      return .removal(of: parts[1], at: lease)
    }
    if parts[0].isEmpty { throw ValidationError("\":THERE\" needs the id that it is at") }
    let rule: Push.Rule =
      merge ? .merge : forceWithLease == nil ? .fastForward : .forceWithLease(lease)
    // What a tag is called there is a tag's name as well.
    let prefix = isTag(parts[0]) ? "refs/tags/" : ""
    let target = parts.count == 2 ? parts[1] : parts[0]
    return Push(
      prefix + parts[0], as: target.hasPrefix("refs/") ? target : prefix + target, rule)
  }
}
