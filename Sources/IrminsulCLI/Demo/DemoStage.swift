import ArgumentParser
import Foundation
import Irminsul

/// The folder and store of a demo, and how its steps are shown.
struct DemoStage {
  /// A fresh folder, which the demo works in.
  let folder: URL
  /// The folder that the demo was started in.
  private let origin: String
  /// A store elsewhere, with a name that only this demo has; nil for the file in the folder.
  private let givenURL: String?
  private let storeName: String

  /// Which of the demo's traces go.
  enum Clearing {
    case always
    /// A file is left for whoever wants to go on with it.
    case unlessFile
  }

  init(url: String?) throws {
    if let url, url.hasPrefix("memory:") {
      throw Failure(
        .usage,
        "a memory: store ends with the command that made it, and the demo is of many commands\n"
          + "Leave --store out: the demo's file is in a temporary folder.")
    }
    let files = FileManager.default
    origin = files.currentDirectoryPath
    storeName = "demo-\(UInt32.random(in: 0 ... .max))"
    folder = files.temporaryDirectory.appending(path: "irminsul-\(storeName)")
    do {
      try files.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw Failure(.io, "cannot make the folder \(folder.path): \(SystemReason.text(of: error))")
    }
    guard files.changeCurrentDirectoryPath(folder.path) else {
      throw Failure(.io, "cannot work in the folder \(folder.path)")
    }
    let name = storeName
    givenURL = url.map { Self.url($0, naming: name) }
    if let givenURL {
      setenv("IRMINSUL_STORE", givenURL, 1)
    } else {
      unsetenv("IRMINSUL_STORE")
    }
  }

  var placeText: String {
    givenURL == nil
      ? "in the file \(folder.path)/.irminsul/store"
      : "on the server that --store names, under the name \(storeName)"
  }

  /// The URL with the demo's own name in place of one that it has: no store that was there before may
  /// be written, or deleted at the end.
  private static func url(_ url: String, naming name: String) -> String {
    guard let mark = url.firstIndex(of: "?") else { return "\(url)?name=\(name)" }
    let options = url[url.index(after: mark)...].split(separator: "&")
      .filter { !$0.hasPrefix("name=") }
    return url[...mark] + (options + ["name=\(name)"]).joined(separator: "&")
  }

  /// The program as a person here would call it.
  private static var program: String {
    let path = Bundle.main.executablePath ?? ""
    guard let build = path.range(of: "/.build/") else { return "irminsul" }
    let inClone = path[..<build.lowerBound] + "/tools/irminsul"
    return FileManager.default.isExecutableFile(atPath: String(inClone))
      ? String(inClone) : "irminsul"
  }

  // MARK: Showing

  /// A sentence before a step.
  func say(_ text: String) throws {
    try StandardOutput.line("")
    try StandardOutput.line(Style.output(.bold, text))
    try StandardOutput.flush()
  }

  /// Shows a command and runs it as the command line does.
  func type(_ words: String...) async throws {
    try showPrompt(["irminsul"] + words)
    var command = try IrminsulCommand.parseAsRoot(words)
    if var asynchronous = command as? any AsyncParsableCommand {
      try await asynchronous.run()
    } else {
      try command.run()
    }
    if words.first == "get" || words.first == "cat" { try StandardOutput.line("") }
    try StandardOutput.flush()
  }

  /// Shows a command of another program and runs it.
  func shell(_ words: String...) throws {
    try showPrompt(words)
    try StandardOutput.write(Array(try Self.output(of: words, in: folder.path).utf8))
    try StandardOutput.flush()
  }

  private func showPrompt(_ words: [String]) throws {
    let shown = words.map { $0.contains(" ") ? "'\($0)'" : $0 }.joined(separator: " ")
    try StandardOutput.line(Style.output(.green, "$ \(shown)"))
    try StandardOutput.flush()
  }

  func sayGoodbye() throws {
    let program = Self.program
    let next =
      givenURL == nil
      ? "The store is in \(folder.path); remove the folder when you are done.\n"
        + "  cd \(folder.path)\n"
        + "  \(program) watch --branch busy             # and in another terminal:\n"
        + "  \(program) set hello=world --branch busy\n"
        + "  \(program) demo --store redis://localhost  # the same on a Redis server\n"
      : "The demo's store is deleted from the server now.\n"
        + "  \(program) init --store redis://…?name=mine  # one that stays\n"
    try say("What to try next")
    try StandardOutput.line(next + "  \(program) --help  # every command")
    try StandardOutput.flush()
  }

  // MARK: The history

  /// Whether the demo was started in a clone of this project.
  private var isInClone: Bool {
    FileManager.default.fileExists(atPath: origin + "/lua/commit.lua")
      && FileManager.default.fileExists(atPath: origin + "/.git")
  }

  var historyText: String {
    isInClone ? "this project's own." : "a small one, made with git just now."
  }

  /// The path of a Git repository to import.
  func history() async throws -> String {
    if isInClone { return origin }
    let path = folder.appending(path: "history").path
    let author = [
      "-c", "user.name=Demo", "-c", "user.email=demo@localhost", "-c", "commit.gpgsign=false",
    ]
    _ = try Self.output(of: ["git", "init", "-q", "-b", "main", path], in: folder.path)
    for number in 1...20 {
      let file = "\(path)/chapter-\(number % 4 + 1).txt"
      do {
        try "Line \(number)\n".write(toFile: file, atomically: true, encoding: .utf8)
      } catch {
        throw Failure(.io, "cannot write \(file): \(SystemReason.text(of: error))")
      }
      _ = try Self.output(of: ["git", "add", "."], in: path)
      _ = try Self.output(
        of: ["git"] + author + ["commit", "-q", "-m", "Write line \(number)"], in: path)
    }
    return path
  }

  // MARK: -

  /// Opens the demo's store.
  func open() async throws -> Repository {
    try await Repository.open(
      givenURL ?? "file:.irminsul/store", environment: ProcessInfo.processInfo.environment)
  }

  /// Takes away what the demo has left.
  func clear(_ clearing: Clearing) async {
    if let givenURL {
      try? await Repository.deleteStore(
        named: storeName, at: givenURL, environment: ProcessInfo.processInfo.environment)
    }
    _ = FileManager.default.changeCurrentDirectoryPath(origin)
    if clearing == .always || givenURL != nil { try? FileManager.default.removeItem(at: folder) }
  }

  private static func output(of words: [String], in folder: String) throws -> String {
    String(
      decoding: try ChildProcess.output(of: words[0], Array(words.dropFirst()), in: folder),
      as: UTF8.self)
  }
}
