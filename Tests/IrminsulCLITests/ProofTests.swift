import Foundation
import Testing

/// `prove` and `check-proof`.
@Suite struct ProofTests {
  private func filled(_ options: String...) async throws -> (Sandbox, commit: String) {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul(["init"] + options))
    let jobs = (0..<60).map { "jobs/job-\($0)=\($0)" }
    let made = try await sandbox.irminsul(
      ["set", "a/b=hello", "c=1"] + jobs + ["--json"]
    ).object()
    return (sandbox, try #require(made["commit"] as? String))
  }

  @Test(arguments: ["git", "wide"])
  func aProofIsMadeAndChecked(layout: String) async throws {
    let (sandbox, commit) = try await filled("--layout", layout)
    let made = expectDone(try await sandbox.irminsul("prove", "a/b", "--output", "p"))
    #expect(made.text.hasPrefix("\(commit) has \"hello\" ("))
    let checked = expectDone(
      try await sandbox.irminsul("check-proof", "p", "--root", commit, "--path", "a/b"))
    #expect(
      checked.text.hasPrefix("\(commit) has \"hello\" (") && checked.text.hasSuffix(" at a/b\n"))
    #expect(expectDone(try await sandbox.irminsul("check-proof", "p")).text.contains("--root"))
    // Nothing but the file is needed.
    let other = try Sandbox()
    try other.write(try sandbox.read("p"), to: "q")
    let facts = try await other.irminsul("check-proof", "q", "--json").object()
    #expect(facts["found"] as? Bool == true)
    #expect(facts["value"] as? String == "hello")
    #expect(facts["root"] as? String == commit)
    #expect(facts["mode"] as? String == "100644")
    #expect(try other.names() == ["q"])
    // Through pipes, of what is absent, in a large folder.
    let piped = try await sandbox.shell(
      "irminsul prove jobs/job-99 | irminsul check-proof - --root \(commit)")
    #expect(expectDone(piped).text == "\(commit) has nothing at jobs/job-99\n")
    let absent = try await sandbox.shell(
      "irminsul prove jobs/job-99 | irminsul check-proof - --json"
    )
    .object()
    #expect(absent["found"] as? Bool == false)
    #expect(absent["id"] == nil)
  }

  @Test func whatAProofIsOf() async throws {
    let (sandbox, commit) = try await filled()
    expectDone(try await sandbox.irminsul("set", "a/b=changed"))
    let tree = try await sandbox.irminsul("prove", "a/b", "--tree", "--json").object()
    let old = try await sandbox.irminsul("prove", "a/b", "--at", "main~1", "--json").object()
    #expect(old["root"] as? String == commit)
    #expect(tree["root"] as? String != commit)
    #expect(tree["id"] as? String != old["id"] as? String)
    let folder = try await sandbox.irminsul("prove", "b", "--at", "main:a", "--json").object()
    #expect(folder["id"] as? String == tree["id"] as? String)
    let short = try await sandbox.irminsul("prove", "a/b", "--no-value", "--json").object()
    #expect((short["size"] as? Int ?? 0) < (old["size"] as? Int ?? 0))
    let text = try #require(short["proof"] as? String)
    let bytes = try #require(Data(base64Encoded: text))
    #expect(bytes.count == short["size"] as? Int)
    try sandbox.write(bytes, to: "short")
    let facts = try await sandbox.irminsul("check-proof", "short", "--json").object()
    #expect(facts["found"] as? Bool == true && facts["value"] == nil)
    expectRefusal(
      try await sandbox.irminsul("prove", "a", "--at", "main:c"), .refused, "is no folder")
    expectRefusal(try await sandbox.irminsul("prove", "a", "--at", "none"), .refused, "none")
    expectRefusal(try await sandbox.irminsul("prove", "a//b"), .usage, "bad path")
    expectRefusal(
      try await sandbox.irminsul("prove", "a", "--output", "none/p"), .io, "none/p")
  }

  @Test func whatDoesNotHold() async throws {
    let (sandbox, commit) = try await filled()
    expectDone(try await sandbox.irminsul("prove", "a/b", "-o", "p"))
    let bytes = try sandbox.read("p")
    for place in stride(from: 0, to: bytes.count, by: bytes.count / 12) {
      var altered = bytes
      altered[place] ^= 4
      try sandbox.write(altered, to: "altered")
      expectRefusal(
        try await sandbox.irminsul("check-proof", "altered"), .refused, "the proof does not hold")
    }
    try sandbox.write(bytes.dropLast(), to: "cut")
    expectRefusal(
      try await sandbox.irminsul("check-proof", "cut"), .refused, "the proof does not hold")
    let zeros = String(repeating: "0", count: 40)
    expectRefusal(
      try await sandbox.irminsul("check-proof", "p", "--root", zeros), .refused,
      "is about \(commit)")
    expectRefusal(
      try await sandbox.irminsul("check-proof", "p", "--path", "a/c"), .refused, "the path \"a/b\"")
    expectRefusal(try await sandbox.irminsul("check-proof", "none"), .io, "none")
    try sandbox.write([], to: "empty")
    expectRefusal(try await sandbox.irminsul("check-proof", "empty"), .refused, "does not begin")
  }
}
