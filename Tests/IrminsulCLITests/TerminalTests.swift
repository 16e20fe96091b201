import Foundation
import IrminsulTestKit
import Testing

/// What only a person at a terminal sees, and what becomes of output that nobody takes.
@Suite struct TerminalTests {
  private let escape = "\u{1B}["

  private func store() async throws -> Sandbox {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "a=1", "b/c=2"))
    return sandbox
  }

  @Test func colourOnATerminalOnly() async throws {
    let sandbox = try await store()
    for command in [["log"], ["log", "--oneline"], ["ls"], ["tree"], ["branch"], ["stats"]] {
      let shown = try await Terminal.run(command, in: sandbox)
      #expect(shown.status == 0)
      #expect(shown.text.contains(escape), "\(command)")
      let piped = expectDone(try await sandbox.irminsul(command))
      #expect(!piped.text.contains("\u{1B}"))
    }
    for plain in [["NO_COLOR": "1"], ["TERM": "dumb"]] {
      let text = try await Terminal.run(["log"], in: sandbox, environment: plain).text
      #expect(text.contains("HEAD -> main"))
      #expect(!text.contains("\u{1B}"), "\(plain)")
    }
  }

  @Test func namesBesideCommitsOnATerminalOnly() async throws {
    let sandbox = try await store()
    let shown = try await Terminal.run(
      ["log", "--oneline"], in: sandbox, environment: ["NO_COLOR": "1"])
    #expect(shown.text.contains("(HEAD -> main) Set 2 paths"))
    #expect(!(try await sandbox.irminsul("log", "--oneline").text.contains("HEAD")))
  }

  @Test func aNewlineAfterAValueOnATerminalOnly() async throws {
    let sandbox = try await store()
    #expect(try await Terminal.run(["get", "a"], in: sandbox).text == "1\r\n")
    expectDone(try await sandbox.irminsul("get", "a"), "1")
  }

  @Test func progressOnATerminalOnly() async throws {
    let git = try GitFixture()
    try git.addCommits(300)
    let sandbox = try Sandbox()
    let commands = [["import", git.path], ["verify"], ["export", "copy.git"]]
    for command in commands {
      let shown = try await Terminal.run(command, in: sandbox)
      #expect(shown.status == 0)
      #expect(shown.text.contains("\r\(escape)Kobjects"), "\(command): \(shown.text)")
      // The line is taken away before the result is printed.
      let result = try #require(shown.text.split(separator: "\r\(escape)K").last)
      #expect(result.contains("objects"))
      #expect(result.hasSuffix("\r\n"))
    }
    for command in [["import", git.path], ["verify"], ["export", "copy2.git"]] {
      let piped = expectDone(try await sandbox.irminsul(command))
      #expect(!piped.text.contains("\r"))
    }
  }

  @Test func aReaderWhoHasSeenEnough() async throws {
    let git = try GitFixture()
    // More than a pipe holds.
    try git.addCommits(1500)
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("import", git.path))
    for command in ["log", "log --json", "log --oneline --json"] {
      let transcript = expectDone(
        try await sandbox.shell("{ irminsul \(command); echo $? >status; } | head -1"))
      #expect(transcript.lines.count == 1)
      #expect(try sandbox.read("status") == Array("\(128 + SIGPIPE)\n".utf8))
    }
  }

  @Test func outputThatCannotBeWritten() async throws {
    let sandbox = try await store()
    let closed = try await sandbox.shell("irminsul ls >&-")
    expectRefusal(closed, .io, "cannot write to standard output: Bad file descriptor")
    let quiet = try await sandbox.shell("irminsul ls >&- 2>&-")
    #expect(quiet.status == ExitCode.io.rawValue)
    #if os(Linux)
      let full = try await sandbox.shell("irminsul log >/dev/full")
      expectRefusal(full, .io, "cannot write to standard output: No space left on device")
      let help = try await sandbox.shell("irminsul --help >/dev/full")
      expectRefusal(help, .io, "No space left on device")
    #endif
  }

  /// What is printed must not end up in the store's file because that got a stream's number.
  @Test func closedStreamsDoNotBecomeTheStore() async throws {
    let sandbox = try await store()
    _ = try await sandbox.shell("irminsul set a=2 <&- >&- 2>&-")
    expectDone(try await sandbox.irminsul("verify"))
    expectDone(try await sandbox.irminsul("get", "a"), "2")
  }
}
