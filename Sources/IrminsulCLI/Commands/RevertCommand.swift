import ArgumentParser
import Irminsul

struct RevertCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "revert", abstract: "Undo what commits have done, in commits of their own.",
    usage: """
      irminsul revert REV… [--mainline NUMBER]
      irminsul revert --continue
      irminsul revert --abort
      """,
    discussion: """
      Each commit's change is taken back where nothing else has changed the same since; where something \
      has, that is a conflict. Several are reverted one after the other, in the order given.

      On conflicts that commit is not made, and those after it wait: decide with `irminsul resolve`, then \
      --continue, or give up with --abort, which leaves what was made before.

      Example: irminsul revert main~2

      JSON keys, a line for each: branch, changed, commit (the head afterwards), subject, position (if \
      changed).
      """)

  @OptionGroup var changes: ChangeAgain

  func run() async throws {
    try await changes.run(.revert) {
      "Revert \"\($0.subject)\"\n\nThis reverts commit \($0.id)."
    }
  }
}
