import ArgumentParser
import Irminsul

/// The command line `irminsul`.
@main struct IrminsulCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "irminsul",
    abstract: "A branchable, mergeable, Git-compatible store on Redis or in a file.",
    usage: "irminsul <subcommand> [--store URL] [--branch NAME] [--json] …",
    discussion: """
      The store is --store URL, else IRMINSUL_STORE, else the file .irminsul/store of this folder \
      or the nearest one above it, which the first write makes. A URL is file:PATH, memory:, \
      redis://USER:PASSWORD@HOST:PORT/DB, rediss://… (TLS) or redis+unix:///SOCKET, each with \
      ?name=STORE for one of several stores in one place. A password is better given in \
      IRMINSUL_REDIS_PASSWORD, or in a file that IRMINSUL_REDIS_PASSWORD_FILE names.

      A REV is a branch, a tag, a full ref name, HEAD, an id or its unique prefix of four digits \
      or more, each followed by any of ~n and ^n; REV:PATH is what that revision has at a path.

      A commit's author is --author, else IRMINSUL_AUTHOR_NAME and IRMINSUL_AUTHOR_EMAIL, else \
      GIT_AUTHOR_NAME and GIT_AUTHOR_EMAIL, else git's user.name and user.email.

      Completion of words, for a new shell:
        bash  irminsul --generate-completion-script bash \\
                > ~/.local/share/bash-completion/completions/irminsul
        zsh   irminsul --generate-completion-script zsh > ~/.zsh/_irminsul
              with fpath=(~/.zsh $fpath) before compinit in ~/.zshrc
        fish  irminsul --generate-completion-script fish \\
                > ~/.config/fish/completions/irminsul.fish

      Example: irminsul set config/theme=dark && irminsul log --oneline

      Exit codes:
         0  done
         1  refused: absent, conflict, no permission, faults found
        64  usage: an argument that cannot be right
        69  unreachable: no server there, or no answer from it
        70  a bug of irminsul
        74  input or output: a file or stream that cannot be used, damaged data
      """,
    version: "irminsul 0.1.0, store formats \(Repository.formats.joined(separator: " and "))",
    subcommands: [
      InitCommand.self, SetCommand.self, GetCommand.self, RemoveCommand.self, MoveCommand.self,
      ListCommand.self, TreeCommand.self, LogCommand.self, BranchCommand.self, CatCommand.self,
      DiffCommand.self, MergeCommand.self, ConflictsCommand.self, ResolveCommand.self,
      MergeBaseCommand.self, StatusCommand.self, ReflogCommand.self, TagCommand.self,
      RevertCommand.self, CherryPickCommand.self, RestoreCommand.self, ResetCommand.self,
      CloneCommand.self, FetchCommand.self, PullCommand.self, PushCommand.self,
      SnapshotCommand.self, SliceCommand.self, ProveCommand.self, CheckProofCommand.self,
      ShowCommand.self, LastModifiedCommand.self, BlameCommand.self, HistoryCommand.self,
      GraphCommand.self, AheadBehindCommand.self,
      ImportCommand.self, ExportCommand.self, VerifyCommand.self, WatchCommand.self,
      StatsCommand.self, DiskUsageCommand.self, GarbageCollectCommand.self, MaintainCommand.self,
      ConfigCommand.self,
      DemoCommand.self, DeleteStoreCommand.self, ScriptCommand.self,
    ])

  /// Says of an unknown command that it is one, where the parser sees a word too many.
  private static func checkCommand(_ words: [String]) throws {
    let names =
      configuration.subcommands.flatMap {
        $0.configuration.aliases + ($0.configuration.commandName.map { [$0] } ?? [])
      } + ["help"]
    guard let first = words.first, !first.hasPrefix("-"), !names.contains(first) else { return }
    throw Failure(.usage, "there is no command \"\(first)\"\nSee them with `irminsul --help`.")
  }

  private static func run(_ command: some EndsInOrder) async throws {
    try await Interrupt.ending {
      var command = command
      try await command.run()
    }
  }

  static func main() async {
    StandardStreams.prepare()
    do {
      let words = ScriptCallOptions.withArgumentOption(
        LogCommand.withPathOption(try ArgumentText.all()))
      try checkCommand(words)
      var command = try parseAsRoot(words)
      if let command = command as? any EndsInOrder {
        try await run(command)
      } else if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
      try StandardOutput.flush()
    } catch {
      Failure(error).exit()
    }
  }
}
