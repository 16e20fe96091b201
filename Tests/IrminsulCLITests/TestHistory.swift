import GitObjects
import IrminsulTestKit
import Testing

/// A made history with what revisions and objects can be: merges, tags of both kinds, folders, modes,
/// names that need quotes.
struct TestHistory {
  let git: GitFixture

  init() throws {
    git = try GitFixture()
    try git.addCommits(6)
    try git.run("branch", "topic", "main~2")
    try git.addCommits(2, on: "topic", label: "t")
    let text = try git.store(.blob, "text\n")
    let link = try git.store(.blob, "target")
    let elsewhere = String(repeating: "1", count: 40)
    let entries = [
      "100644 blob \(text)\tplain", "100755 blob \(text)\trun", "120000 blob \(link)\tlink",
      "100644 blob \(text)\ttab\tand \"quotes\"", "100644 blob \(text)\tünï",
      "160000 commit \(elsewhere)\tmodule",
    ]
    let input = entries.map { "\($0)\0" }.joined()
    let odd = try git.run("mktree", "-z", "--missing", input: Array(input.utf8)).lines[0]
    let root = try git.run(
      "mktree", input: Array("040000 tree \(odd)\todd\n100644 blob \(text)\ta\n".utf8)
    ).lines[0]
    let merge = try git.run(
      "commit-tree", root, "-p", "main", "-p", "topic", "-m", "Merge\n\nWith a body"
    ).lines[0]
    try git.run("update-ref", "refs/heads/main", merge)
    try git.run("tag", "light", "main~3")
    try git.run("tag", "-a", "v1", "-m", "First\n\nNotes", "main~1")
    try git.run("tag", "-a", "nested", "-m", "Of a tag", "v1")
    try git.run("update-ref", "refs/notes/x", "topic~1")
  }

  /// A sandbox whose store is this history.
  func imported() async throws -> Sandbox {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("import", git.path))
    return sandbox
  }
}
