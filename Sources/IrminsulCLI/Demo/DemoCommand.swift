import ArgumentParser
import Foundation
import Irminsul

/// Shows what a store does. Each step is a command that runs as if a person had typed it.
struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo", abstract: "Show what a store does, in a fresh temporary folder.",
    discussion: """
      Imports a real history, reads, edits, branches, lets many writers commit to one branch at \
      once, and watches them. With --store, a store of its own is made there and deleted afterwards.

      Example: irminsul demo --store redis://127.0.0.1:6379
      """)

  @Option(
    name: .customLong("store"),
    help: ArgumentHelp("Where to make the demo's store (default: a file).", valueName: "url"))
  var url: String?

  func run() async throws {
    let stage = try DemoStage(url: url)
    do {
      try await perform(on: stage)
    } catch {
      await stage.clear(.always)
      throw error
    }
    await stage.clear(.unlessFile)
  }

  private func perform(on stage: DemoStage) async throws {
    try stage.say("A store keeps Git's objects and branches, here \(stage.placeText).")
    try await stage.type("init")

    try stage.say("Import a real history: \(stage.historyText)")
    let history = try await stage.history()
    try await stage.type("import", history)
    try await stage.type("branch")
    try await stage.type("log", "--oneline", "-n", "5")
    try await stage.type("ls")

    try stage.say(
      "Write on a branch of its own. Every write is one commit, made by one Lua script.")
    try await stage.type("branch", "settings", "--from", "HEAD")
    try await stage.type(
      "set", "config/theme=dark", "config/limits/jobs=8", "-m", "Choose", "--branch", "settings")
    try await stage.type("get", "config/theme", "--branch", "settings")
    try await stage.type(
      "set", "config/theme=light", "-m", "Too dark", "--branch", "settings")
    try await stage.type("tree", "config", "--branch", "settings")
    try await stage.type("log", "--oneline", "-n", "3", "--branch", "settings")
    try await stage.type("cat", "settings~1:config/theme")

    try stage.say("Many writers, one branch: each on its own paths, all at once, seen by a watch.")
    try await DemoContention(stage: stage).run()
    try await stage.type("log", "--oneline", "-n", "3", "--branch", "busy")

    try stage.say("Every object is hashed again, every link and ref followed:")
    try await stage.type("verify")
    try await stage.type("stats")

    try stage.say("And back to Git:")
    let clone = stage.folder.appending(path: "export.git").path
    try await stage.type("export", clone)
    try stage.shell("git", "-C", clone, "log", "--oneline", "-n", "3", "settings", "--", "config")
    try stage.sayGoodbye()
  }
}
