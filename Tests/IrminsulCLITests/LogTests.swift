import IrminsulTestKit
import Testing

/// `log`: the text of git's own log, and its pages.
@Suite struct LogTests {
  @Test func theTextIsGits() async throws {
    let history = try TestHistory()
    let sandbox = try await history.imported()
    // The store's abbreviations have ten digits.
    let git = try history.git.run("-c", "core.abbrev=10", "log", "--no-decorate", "main")
    expectDone(try await sandbox.irminsul("log"), git.text)
    let short = try history.git.run("-c", "core.abbrev=10", "log", "--no-decorate", "--oneline")
    expectDone(try await sandbox.irminsul("log", "--oneline"), short.text)
  }

  @Test func whereItStarts() async throws {
    let history = try TestHistory()
    let sandbox = try await history.imported()
    for revision in ["topic", "v1", "main^2~1", "light"] {
      let git = try history.git.run(
        "-c", "core.abbrev=10", "log", "--no-decorate", "--oneline", revision)
      expectDone(try await sandbox.irminsul("log", "--oneline", revision), git.text)
    }
    let branch = try await sandbox.irminsul("log", "--oneline", "--branch", "topic").text
    expectDone(try await sandbox.irminsul("log", "--oneline", "topic"), branch)
  }

  @Test func everythingAndTheOldestFirst() async throws {
    let history = try TestHistory()
    let sandbox = try await history.imported()
    for options in [
      ["--all", "--topo-order"], ["--reverse"], ["--reverse", "-n", "2", "--skip", "1"],
      ["--all", "--reverse", "--date-order", "^topic"],
    ] {
      let git = try history.git.status(
        of: ["-c", "core.abbrev=10", "log", "--no-decorate", "--oneline"] + options)
      let own = expectDone(try await sandbox.irminsul(["log", "--oneline"] + options))
      #expect(own.lines.count > 1)
      // Lines of history that nothing orders come in any order.
      if options.contains("--all") {
        #expect(own.lines.sorted() == git.lines.sorted(), "\(options)")
      } else {
        #expect(own.text == git.text, "\(options)")
      }
    }
  }

  @Test func wrongNumbersAndPaths() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "a=1"))
    for words in [["-n", "-1"], ["-n-1"], ["--number=-1"]] {
      expectRefusal(
        try await sandbox.irminsul(["log"] + words), .usage, "-n must be 0 or more")
    }
    for words in [["--", ""], ["--path", ""]] {
      expectRefusal(try await sandbox.irminsul(["log"] + words), .usage, "\"\" is no path")
    }
    expectRefusal(
      try await sandbox.irminsul("log", "--all", "--branch", "main"), .usage, "not both")
    expectRefusal(try await sandbox.irminsul("log", "--graph", "--reverse"), .usage, "not both")
  }

  /// As git does unless it is told otherwise: `core.quotePath`.
  @Test func namesInPatchesAreQuotedAsByGit() async throws {
    let sandbox = try Sandbox()
    let names = ["ünï/ß", "tab\there", "quote\"and\\", "a space", "new\nline", "plain"]
    expectDone(try await sandbox.irminsul(["set", "-m", "Set"] + names.map { "\($0)=1\n" }))
    expectDone(try await sandbox.irminsul(["set", "-m", "Set"] + names.map { "\($0)=2\n" }))
    let folder = "\(sandbox.root)/git"
    expectDone(try await sandbox.irminsul("export", folder))
    let git = try await sandbox.shell(
      "git -C \(folder) -c core.abbrev=10 log -p --no-decorate --no-renames main")
    #expect(git.text.contains("\\303\\274"))
    expectDone(try await sandbox.irminsul("log", "-p"), git.text)
  }

  @Test func pagesThatSkip() async throws {
    let history = try TestHistory()
    let sandbox = try await history.imported()
    let all = expectDone(try await sandbox.irminsul("log", "--oneline")).text
      .split(separator: "\n")
    let page = expectDone(
      try await sandbox.irminsul("log", "--oneline", "--skip", "2", "-n", "3")
    ).text.split(separator: "\n")
    #expect(page == Array(all[2..<5]))
    expectDone(try await sandbox.irminsul("log", "--skip", "100"), "")
    expectRefusal(
      try await sandbox.irminsul("log", "--skip=-1"), .usage, "--skip must be 0 or more")
  }

  @Test func pages() async throws {
    let sandbox = try Sandbox()
    for number in 1...5 { expectDone(try await sandbox.irminsul("set", "n=\(number)")) }
    let all = try await sandbox.irminsul("log", "--oneline").lines
    #expect(all.count == 5)
    #expect(try await sandbox.irminsul("log", "--oneline", "-n", "2").lines == Array(all[..<2]))
    #expect(try await sandbox.irminsul("log", "--oneline", "-n2").lines == Array(all[..<2]))
    // The next page begins at the parent of the last commit.
    let last = try #require(all[1].split(separator: " ").first)
    let next = try await sandbox.irminsul("log", "--oneline", "--number", "2", "\(last)~1")
    #expect(next.lines == Array(all[2..<4]))
    expectDone(try await sandbox.irminsul("log", "-n", "0"), "")
    #expect(try await sandbox.irminsul("log", "--oneline", "-n", "99").lines == all)
  }

  @Test func whatIsNotThere() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "a=1"))
    expectRefusal(
      try await sandbox.irminsul("log", "--branch", "topic"), .refused, "no branch \"topic\"",
      "There are: main")
    expectRefusal(try await sandbox.irminsul("log", "topic"), .refused, "no object \"topic\"")
    expectRefusal(try await sandbox.irminsul("log", "main:a"), .refused, "no object \"main:a\"")
  }
}
