import ArgumentParser
import Irminsul

struct CherryPickCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cherry-pick", abstract: "Do once more what commits have done, on a branch.",
    usage: """
      irminsul cherry-pick REV… [--mainline NUMBER]
      irminsul cherry-pick --continue
      irminsul cherry-pick --abort
      """,
    discussion: """
      Each gets a commit of its own with the same message and author.

      On conflicts that commit is not made, and those after it wait: decide with `irminsul resolve`, then \
      --continue, or give up with --abort, which leaves what was made before.

      Example: irminsul cherry-pick draft~1 --branch main

      JSON keys, a line for each: branch, changed, commit (the head afterwards), subject, position (if \
      changed).
      """)

  @OptionGroup var changes: ChangeAgain

  func run() async throws {
    try await changes.run(.cherryPick) { _ in "" }
  }
}
