import ArgumentParser
import Foundation

/// Runs `git gc` as the only child of a process, so that its memory is known.
struct GitCollectCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "git-gc", abstract: "Run git gc and print the most memory it had.",
    shouldDisplay: false)

  @Argument var folder: String

  func run() async throws {
    _ = try await Program.output(
      of: ["git", "gc", "--quiet", "--prune=now"], in: URL(filePath: folder))
    try StandardOutput.line("\(Memory.peakBytesOfChildren)")
  }
}
