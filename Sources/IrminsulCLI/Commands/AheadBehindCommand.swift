import ArgumentParser
import Irminsul

struct AheadBehindCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ahead-behind",
    abstract: "Count the commits that each of two revisions has and the other has not.",
    discussion: """
      The line is: N ahead, N behind, what the first one has and what the second one has, as `git rev-list --left-right \
      --count A...B` counts them. See them with `irminsul log --left-right --oneline A...B`.

      Example: irminsul ahead-behind topic main

      JSON keys: first, second (ids), ahead, behind.
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var output: OutputOptions

  @Argument(help: "The one that is ahead by what only it has.")
  var first: String

  @Argument(help: "The one that it is behind.")
  var second = "HEAD"

  private struct Facts: Encodable {
    let first: String
    let second: String
    let ahead: Int
    let behind: Int
  }

  func run() async throws {
    try await store.withRepository(.read) { repository in
      let first = try await repository.resolveCommit(first).id
      let second = try await repository.resolveCommit(second).id
      let distance = try await repository.aheadBehind(first, second)
      if output.isJSON {
        try JSONLine.print(
          Facts(
            first: first.hex, second: second.hex, ahead: distance.ahead,
            behind: distance.behind))
      } else {
        try StandardOutput.line("\(distance.ahead) ahead, \(distance.behind) behind")
      }
    }
  }
}
