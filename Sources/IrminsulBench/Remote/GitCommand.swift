import Foundation

/// git as the benchmark runs it: with the remote helper that was built beside it, and nothing of this user's
/// configuration.
struct GitCommand {
  private let environment: [String]

  init() throws {
    let own = Bundle.main.executableURL ?? URL(filePath: CommandLine.arguments[0])
    let folder = own.deletingLastPathComponent().path
    guard FileManager.default.isExecutableFile(atPath: "\(folder)/git-remote-irminsul") else {
      throw BenchError(
        "there is no git-remote-irminsul in \(folder)\n"
          + "Build it: swift build -c release --product git-remote-irminsul")
    }
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    environment = [
      "PATH=\(folder):\(path)", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
      "GIT_AUTHOR_NAME=Irminsul", "GIT_AUTHOR_EMAIL=irminsul@localhost",
      "GIT_COMMITTER_NAME=Irminsul", "GIT_COMMITTER_EMAIL=irminsul@localhost",
    ]
  }

  @discardableResult
  func run(_ words: String..., in folder: URL, input: String = "") async throws -> String {
    try await run(words, in: folder, input: input)
  }

  /// How many seconds a command takes.
  func time(_ words: String..., in folder: URL) async throws -> Double {
    let start = ContinuousClock.now
    try await run(words, in: folder)
    return (ContinuousClock.now - start).seconds
  }

  @discardableResult
  private func run(
    _ words: [String], in folder: URL, input: String = ""
  ) async throws -> String {
    let text = try await Program.output(
      of: environment + ["git"] + words, in: folder, input: Data(input.utf8))
    return text.trimmingCharacters(in: .newlines)
  }

  /// Makes a commit on top of another one that changes a file, and answers its id. No ref moves.
  func commit(on parent: String, path: String, text: String, in folder: URL) async throws -> String
  {
    let blob = try await run("hash-object", "-w", "--stdin", in: folder, input: text)
    try await run("read-tree", parent, in: folder)
    try await run("update-index", "--add", "--cacheinfo", "100644,\(blob),\(path)", in: folder)
    let tree = try await run("write-tree", in: folder)
    return try await run("commit-tree", tree, "-p", parent, "-m", "Change a file", in: folder)
  }
}
