import Foundation
import IrminsulTestKit
import Testing

/// `graph`, and scripts that complete words.
@Suite struct GraphTests {
  @Test func theTextIsGits() async throws {
    let history = try RandomGitHistory(50, seed: 31)
    let sandbox = try await history.imported()
    for words in [
      "main", "topic side", "-n 8", "old..main", "main --not old", "--first-parent main",
    ] {
      let arguments = words.split(separator: " ").map(String.init)
      let revisions = words.replacing("main --not old", with: "old..main")
      let isAll = words == "-n 8"
      let wanted = try history.text(
        "log --graph --oneline --decorate=short \(isAll ? "--branches -n 8" : revisions)")
      let found = expectDone(try await sandbox.irminsul(["graph"] + arguments)).text
      func lines(_ text: String) -> [String] {
        text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
      }
      #expect(lines(found) == lines(wanted), "\(words)")
    }
  }

  @Test func picturesAndFiles() async throws {
    let history = try RandomGitHistory(20, seed: 32)
    let sandbox = try await history.imported()
    let svg = expectDone(try await sandbox.irminsul("graph", "--format", "svg")).output
    #expect(String(decoding: svg, as: UTF8.self).hasPrefix("<svg "))
    expectDone(
      try await sandbox.irminsul("graph", "--format", "svg", "--output", "history.svg"), "")
    #expect(try sandbox.read("history.svg") == svg)
    let dot = expectDone(try await sandbox.irminsul("graph", "main", "--format", "dot")).text
    #expect(dot.hasPrefix("digraph history {") && dot.hasSuffix("}\n"))
    let text = expectDone(try await sandbox.irminsul("graph", "main")).output
    expectDone(try await sandbox.irminsul("graph", "main", "-o", "history.txt"), "")
    #expect(try sandbox.read("history.txt") == text)
    let facts = try await sandbox.irminsul("graph", "main", "--json").objects()
    #expect(
      facts.count == (try await sandbox.irminsul("log", "--oneline").lines.count))
    #expect(
      Set(facts[0].keys) == ["id", "parents", "subject", "author", "seconds", "labels"])
    #expect(facts[0]["labels"] as? [String] == ["HEAD -> main"])
    expectRefusal(
      try await sandbox.irminsul("graph", "-o", "none/x"), .io, "cannot write none/x")
    expectRefusal(try await sandbox.irminsul("graph", "--format", "png"), .usage, "png")
    expectRefusal(try await sandbox.irminsul("graph", "none"), .refused, "no object \"none\"")
    expectRefusal(
      try await sandbox.irminsul("graph", "--json", "--format", "svg"), .usage, "--json goes")
    let empty = try Sandbox()
    expectDone(try await empty.irminsul("init"))
    expectDone(try await empty.irminsul("graph"), "")
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func completions(_ shell: String) async throws {
    let sandbox = try Sandbox()
    let script = expectDone(try await sandbox.irminsul("--generate-completion-script", shell))
    for word in ["last-modified", "ahead-behind", "first-parent"] {
      #expect(script.text.contains(word), "\(word)")
    }
    try sandbox.write(script.output, to: "script")
    let check = try await sandbox.shell(
      "command -v \(shell) >/dev/null && \(shell) -n script; true")
    #expect(check.errors == "")
  }

  @Test func bashCompletes() async throws {
    let sandbox = try Sandbox()
    try sandbox.write(
      try await sandbox.irminsul("--generate-completion-script", "bash").output, to: "script")
    for (line, words) in [
      ("la", "last-modified"), ("log --fi", "--first-parent"), ("graph --format ", "text dot svg"),
      ("log --order ", "date topo date-topo"),
    ] {
      let bash = """
        source ./script; COMP_LINE='irminsul \(line)'; COMP_POINT=${#COMP_LINE}
        read -ra COMP_WORDS <<<"$COMP_LINE"; [[ $COMP_LINE == *' ' ]] && COMP_WORDS+=('')
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _irminsul irminsul "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        echo "${COMPREPLY[*]}"
        """
      try sandbox.write(bash.utf8, to: "try")
      let output = try await sandbox.shell("bash try").text
      // The shell itself leaves out what does not begin as the word does.
      #expect(words.split(separator: " ").allSatisfy { output.contains($0) }, "\(line): \(output)")
      #expect(!output.contains("delete-store") || line == "la")
    }
  }
}
