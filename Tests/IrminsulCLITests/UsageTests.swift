import Testing

/// Help, and arguments that cannot be right.
@Suite struct UsageTests {
  static let commands = [
    "init", "set", "get", "rm", "mv", "ls", "tree", "log", "branch", "cat", "import", "export",
    "verify", "watch", "stats", "demo", "delete-store", "prove", "check-proof", "show",
    "last-modified", "blame", "history", "graph", "ahead-behind", "status", "reflog", "tag",
    "revert", "cherry-pick", "restore", "reset", "clone", "fetch", "pull", "push", "snapshot",
    "slice", "script",
  ]

  @Test func helpNamesEveryCommandAndExitCode() async throws {
    let sandbox = try Sandbox()
    let help = expectDone(try await sandbox.irminsul("--help"))
    for command in Self.commands { #expect(help.text.contains("\n  \(command) "), "\(command)") }
    for code in [0, 1, 64, 69, 70, 74] {
      let number = String(repeating: " ", count: code < 10 ? 3 : 2) + "\(code)"
      #expect(help.lines.contains { $0.hasPrefix("\(number)  ") }, "\(code)")
    }
    expectDone(try await sandbox.irminsul(), help.text)
    #expect(help.lines.allSatisfy { $0.count <= 80 })
  }

  @Test(arguments: commands)
  func helpOfACommand(name: String) async throws {
    let sandbox = try Sandbox()
    let help = expectDone(try await sandbox.irminsul("help", name)).text
    #expect(help.hasPrefix("OVERVIEW: "))
    #expect(help.contains("USAGE: irminsul \(name)"))
    #expect(
      help.contains("Example: irminsul \(name)") || help.contains("Examples:\n  irminsul \(name)"))
    if name != "demo" { #expect(help.contains("JSON keys") || ["get"].contains(name), "\(name)") }
    expectDone(try await sandbox.irminsul(name, "--help"), help)
  }

  @Test(arguments: [
    "run", "test", "trace", "coverage", "lint", "profile", "serve", "debug", "mutate",
  ])
  func helpOfACommandForScripts(name: String) async throws {
    let sandbox = try Sandbox()
    let help = expectDone(try await sandbox.irminsul("script", name, "--help")).text
    #expect(help.hasPrefix("OVERVIEW: "))
    #expect(help.contains("irminsul script \(name) "))
    #expect(help.contains("Example") && help.contains("JSON keys"))
  }

  @Test func anUnknownCommand() async throws {
    let sandbox = try Sandbox()
    expectRefusal(
      try await sandbox.irminsul("nonsense", "x"), .usage, "there is no command \"nonsense\"",
      "irminsul --help")
  }

  @Test(arguments: [
    (["--nonsense"], "Unknown option '--nonsense'"),
    (["set"], "Missing expected argument"),
    (["set", "a"], "no value for \"a\""),
    (["set", "a", "b", "c"], "\"a\" is not PATH=VALUE"),
    (["set", "a=1", "b"], "\"b\" is not PATH=VALUE"),
    (["set", "a", "b", "--file", "f"], "--file goes with one PATH and no value"),
    (["set", "a=1", "--test", "1", "--expect-absent"], "not both"),
    (["set", "a=1", "b=1", "--test", "1"], "--test goes with one path"),
    (["get"], "Missing expected argument '<path>'"),
    (["get", "a", "--at", "main", "--branch", "main"], "not both"),
    (["rm"], "Missing expected argument"),
    (["mv", "a"], "Missing expected argument '<target>'"),
    (["tree", "--depth", "0"], "--depth must be 1 or more"),
    (["tree", "--depth", "x"], "The value 'x' is invalid for '--depth <depth>'"),
    (["log", "-n", "-1"], "-n"),
    (["log", "main", "--branch", "main"], "not both"),
    (["branch", "--delete"], "--delete takes one name"),
    (["branch", "--move", "a"], "--move takes the old name and the new one"),
    (["branch", "--delete", "--move", "a"], "not both"),
    (["branch", "a", "b"], "too many names"),
    (["branch", "--from", "main"], "--from goes with the name of a new branch"),
    (["cat"], "Missing expected argument '<object>'"),
    (["cat", "main", "--type", "--size"], "not both"),
    (["init", "--hash", "md5"], "Please provide one of 'sha1' and 'sha256'"),
    (["import"], "Missing expected argument '<repository>'"),
    (["export"], "Missing expected argument '<folder>'"),
    (["watch", "--all", "a"], "--all goes without a path"),
    (["watch", "--since", "-1"], "--since"),
    (["watch", "-n", "0"], "-n must be 1 or more"),
    (["verify", "x"], "Unexpected argument 'x'"),
    (["delete-store"], "Missing expected argument '<name>'"),
    (["prove"], "Missing expected argument '<path>'"),
    (["prove", "a", "--at", "main", "-b", "main"], "not both"),
    (["check-proof"], "Missing expected argument '<file>'"),
    (["check-proof", "f", "--root", "main"], "40 or 64 hexadecimal digits"),
    (["ls", "--store"], "Missing value for '--store <url>'"),
  ])
  func argumentsThatCannotBeRight(command: [String], words: String) async throws {
    let sandbox = try Sandbox()
    let transcript = try await sandbox.irminsul(command)
    expectRefusal(transcript, .usage, words, "Usage: irminsul")
    let isCommand = UsageTests.commands.contains(command[0])
    if isCommand { expectRefusal(transcript, .usage, "irminsul \(command[0])") }
    #expect(try sandbox.names() == [])
  }
}
