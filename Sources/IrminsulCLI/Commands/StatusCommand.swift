import ArgumentParser
import Irminsul

struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Tell which store and branch commands work on, and what waits.",
    discussion: """
      Also how far the branch is from what was fetched of the same name, and whether a merge waits for its \
      conflicts to be resolved.

      Example: irminsul status

      JSON keys: store, layout, ids, branch, commit, subject, remotes (each: ref, ahead, behind, which are \
      not there where the history has been cut before they parted), merge (the revision that is being merged).
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var branch: BranchOption
  @OptionGroup var output: OutputOptions

  private struct Facts: Encodable {
    struct Remote: Encodable {
      let ref: String
      /// nil where the store's history has been cut before they have parted.
      let ahead: Int?
      let behind: Int?
    }

    let store: String
    let layout: String
    let ids: String
    let branch: String
    let commit: String?
    let subject: String?
    var remotes: [Remote] = []
    var merge: String?
  }

  func run() async throws {
    try branch.check()
    try await store.withRepository(.read) { repository in
      let branch = try await branch.branch(of: repository)
      let head = try await branch.head()
      var facts = Facts(
        store: repository.location, layout: repository.layout.rawValue,
        ids: repository.algorithm.rawValue, branch: branch.name, commit: head?.id.hex,
        subject: head?.subject)
      if let head {
        let remotes = try await repository.refs(prefix: "refs/remotes/")
        for (ref, id) in remotes.sorted(by: { $0.key < $1.key })
        where ref.dropFirst("refs/remotes/".count).split(separator: "/", maxSplits: 1).last
          .map(String.init) == branch.name
        {
          var distance: AheadBehind?
          do {
            distance = try await repository.aheadBehind(head.id, id)
          } catch StoreError.historyCut {}
          facts.remotes.append(
            .init(ref: ref, ahead: distance?.ahead, behind: distance?.behind))
        }
      }
      let pending = try PendingMerge.load(branch)
      facts.merge = pending?.revision
      if output.isJSON { return try JSONLine.print(facts) }
      try StandardOutput.line("store   \(facts.store) (\(facts.ids), layout \(facts.layout))")
      let place =
        head.map { "at \(Style.output(.yellow, String($0.id.hex.prefix(10)))) \($0.subject)" }
        ?? "has no commit yet"
      try StandardOutput.line("branch  \(Style.output(.green, branch.name)) \(place)")
      for remote in facts.remotes {
        let text =
          if let ahead = remote.ahead, let behind = remote.behind {
            "\(ahead) ahead, \(behind) behind"
          } else {
            "no common ancestor in what is left of the history"
          }
        try StandardOutput.line("remote  \(remote.ref): \(text)")
      }
      if let pending {
        let name = pending.command.rawValue
        try StandardOutput.line(
          "\(name.padding(toLength: max(8, name.count + 1), withPad: " ", startingAt: 0))of "
            + "\(pending.revision) waits: see `irminsul conflicts`, then `irminsul \(name) --continue`"
        )
      }
    }
  }
}
