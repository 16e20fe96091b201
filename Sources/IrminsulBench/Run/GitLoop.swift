import Foundation

/// Commits as a shell script makes them with git's plumbing: hash-object, ls-tree and mktree for each
/// directory on the path, commit-tree, update-ref.
enum GitLoop {
  static func row(_ shape: TreeShape, commits: Int) async throws -> Row {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "irminsul-bench-\(UInt32.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    _ = try await Program.output(
      of: ["git", "init", "-q", "--bare", "-b", "main", "."], in: folder)
    _ = try await Program.output(
      of: ["git", "fast-import", "--quiet"], in: folder, input: Data(filling(shape).utf8))
    let script = script(path: shape.leaf(0))
    let start = ContinuousClock.now
    _ = try await Program.output(of: ["sh", "-ec", script, "sh", "\(commits)"], in: folder)
    let seconds = (ContinuousClock.now - start).seconds
    let count = try await Program.output(of: ["git", "rev-list", "--count", "main"], in: folder)
    // One more: the one that filled the tree.
    guard Int(count.trimmingCharacters(in: .newlines)) == commits + 1 else {
      throw BenchError("git made \(count) commits, not \(commits)")
    }
    return Row(.single, program: "git", shape, done: commits, seconds: seconds)
  }

  /// A stream for fast-import with a value at every leaf.
  private static func filling(_ shape: TreeShape) -> String {
    var text = "commit refs/heads/main\ncommitter Irminsul <irminsul@localhost> 1700000000 +0000\n"
    text += "data 0\n"
    for leaf in 0..<shape.leafCount {
      let value = "leaf \(leaf)"
      text += "M 100644 inline \(shape.leaf(leaf).joined(separator: "/"))\n"
      text += "data \(value.utf8.count)\n\(value)\n"
    }
    return text
  }

  private static func script(path: [String]) -> String {
    var lines = [
      "export GIT_AUTHOR_NAME=Irminsul GIT_AUTHOR_EMAIL=irminsul@localhost",
      "export GIT_COMMITTER_NAME=Irminsul GIT_COMMITTER_EMAIL=irminsul@localhost",
      "n=0", "while [ $n -lt $1 ]; do", "n=$((n+1))",
      "id=$(echo \"value $n\" | git hash-object -w --stdin)",
    ]
    for depth in stride(from: path.count - 1, through: 0, by: -1) {
      let folder = path[..<depth].joined(separator: "/")
      let kind = depth == path.count - 1 ? "100644 blob" : "040000 tree"
      // The entry is replaced where it stands: the rest stays in Git's order.
      lines.append(
        "id=$(git ls-tree main:\(folder) | sed \"s|^.*\t\(path[depth])\\$|\(kind) $id\t\(path[depth])|\" | git mktree)"
      )
    }
    lines += [
      "id=$(git commit-tree $id -p main -m 'Write a leaf')", "git update-ref refs/heads/main $id",
      "done",
    ]
    return lines.joined(separator: "\n")
  }
}
