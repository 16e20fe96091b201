import ArgumentParser

struct ScriptCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "script", abstract: "Run, test and look into Lua scripts, without a server.",
    discussion: """
      A script may include others: a line `-- @include PATH` stands for that file, named from the \
      script's folder.

      Example: irminsul script run greet.lua -- world && irminsul script test

      JSON keys: those of each command, which its --help names.
      """,
    subcommands: [
      ScriptRunCommand.self, ScriptTestCommand.self, ScriptTraceCommand.self,
      ScriptCoverageCommand.self, ScriptLintCommand.self, ScriptProfileCommand.self,
      ScriptServeCommand.self, ScriptDebugCommand.self, ScriptMutateCommand.self,
    ])
}
