import ArgumentParser
import Irminsul

struct FetchCommand: EndsInOrder {
  static let configuration = CommandConfiguration(
    commandName: "fetch", abstract: "Bring branches of another store here, to look at or to merge.",
    discussion: """
      No branch of this store moves: the other's heads are kept as refs/remotes/NAME/BRANCH, where NAME is \
      --as. Only what is missing is sent.

      Example: irminsul fetch redis://server/0?name=app main && irminsul merge refs/remotes/origin/main

      JSON keys, a line for each branch: ref, change (fetched), new.
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var output: OutputOptions

  @Option(name: .customLong("as"), help: "What the other store is called here.")
  var name = "origin"

  @Argument(help: RemoteStore.help)
  var url: String

  @Argument(help: "Branches (default: all).")
  var branches: [String] = []

  func run() async throws {
    for branch in branches + [name] { try BranchOption.check(branch) }
    let bar = ProgressBar()
    defer { bar.finish() }
    let heads = try await RemoteStore.withRepository(url) { remote in
      try await store.withLike(remote) {
        try await $0.fetch(
          branches.isEmpty ? nil : branches, from: remote, tracking: name
        ) { bar.show($0) }
      }
    }
    bar.finish()
    for (branch, head) in heads.sorted(by: { $0.key < $1.key }) {
      try SyncFacts(
        ref: "refs/remotes/\(name)/\(branch)", change: "fetched", old: nil, new: head
      ).print(output)
    }
  }
}
