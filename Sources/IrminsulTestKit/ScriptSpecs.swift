import EmbeddedRedis
import Foundation
import RedisScripting

/// Runs the specs of scripts, `lua/spec/*_spec.lua`, each as one script on the host that is tested:
/// the store's scripts are functions inside it, so that the same text is judged by every host.
public struct ScriptSpecs: Sendable {
  /// One `it` of a spec.
  public struct Result: Sendable, CustomStringConvertible {
    public let isPassed: Bool
    public let description: String
  }

  private let folder: URL

  /// - Parameter folder: The folder that holds the scripts, `lib` and `spec`.
  public init(folder: URL) {
    self.folder = folder
  }

  /// The names of the specs, such as `commit_spec`.
  public func names() throws -> [String] {
    try files(in: folder.appending(path: "spec")).map {
      $0.deletingPathExtension().lastPathComponent
    }
  }

  /// Runs one spec and answers the results of its cases.
  ///
  /// - Throws: When the spec as a whole cannot run.
  public func run(_ name: String, on host: any ScriptHost) async throws -> [Result] {
    try await run(try program(name), on: host)
  }

  /// Runs every spec on an embedded host and answers the lines of the scripts and of what they
  /// include that none has run: file, number and text of each.
  public func missedLines() async throws -> [String] {
    var missed: [Program.Line: Bool] = [:]
    for name in try names() {
      let program = try program(name)
      let coverage = ScriptCoverage()
      var configuration = EmbeddedConfiguration(storage: .memory)
      configuration.coverage = coverage
      let host = try EmbeddedHost.open(configuration)
      _ = try await run(program, on: host)
      await host.close()
      let lines = coverage.lines(of: program.script.sha1)
      for (at, line) in program.lines.enumerated() where !line.file.isEmpty {
        let number = at + 1
        // Of a function that was never called Lua tells no lines: its first stands for it.
        let isRun =
          lines.run.contains(number) || line.beginsFunction && lines.functions.contains(number)
        if isRun {
          missed[line] = false
        } else if lines.code.contains(number) || line.beginsFunction {
          missed[line] = missed[line] ?? true
        }
      }
    }
    return missed.filter(\.value).keys.sorted { ($0.file, $0.number) < ($1.file, $1.number) }
      .map { "\($0.file):\($0.number): \($0.text)" }
  }

  /// A spec with the store's scripts, as one script.
  private struct Program {
    /// Where a line of it comes from.
    struct Line: Hashable {
      /// Empty for the spec's own.
      let file: String
      let number: Int
      let text: Substring

      var beginsFunction: Bool {
        let code = text.prefix(upTo: text.firstRange(of: "--")?.lowerBound ?? text.endIndex)
        return code.contains(#/\bfunction\b/#)
      }
    }

    let script: Script
    let lines: [Line]
    let keys: [String]
  }

  private func run(_ program: Program, on host: any ScriptHost) async throws -> [Result] {
    let reply = try await host.run(
      program.script, keys: program.keys.map { Bytes($0.utf8) }, arguments: [])
    let name = program.script.name
    guard let lines = reply.array?.compactMap(\.text), !lines.isEmpty else {
      return [Result(isPassed: false, description: "\(name) answered no results")]
    }
    return lines.map { Result(isPassed: $0.hasPrefix("ok "), description: $0) }
  }

  private func program(_ name: String) throws -> Program {
    let kinds = [
      "objects", "survivors", "refs", "log", "meta", "tokens_a", "tokens_b", "links", "leases",
      "worklist", "shallow", "collection",
    ]
    var lines: [Program.Line] = []
    func add(_ text: String) {
      lines.append(Program.Line(file: "", number: 0, text: Substring(text)))
    }
    add("local keys, scripts = {}, {}")
    for (number, kind) in kinds.enumerated() { add("keys.\(kind) = KEYS[\(number + 1)]") }
    for file in try files(in: folder) {
      let script = file.deletingPathExtension().lastPathComponent
      let body = try resolve(file.lastPathComponent, in: folder, isSpec: false)
      let ownKeys = Self.keyNames(in: body.map(\.text)).map { "keys.\($0)" }
      add("scripts.\(script) = function(...)")
      add("local KEYS, ARGV = {\(ownKeys.joined(separator: ", "))}, {...}")
      lines += body
      add("end")
    }
    lines += try resolve("\(name).lua", in: folder.appending(path: "spec"), isSpec: true)
    add("return results")
    return Program(
      script: Script(
        name: name, keys: kinds, access: .write,
        source: lines.map(\.text).joined(separator: "\n")),
      lines: lines, keys: kinds.map { "{spec \(name)}:\($0)" })
  }

  private func files(in folder: URL) throws -> [URL] {
    try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .filter { $0.pathExtension == "lua" }
      .sorted { $0.lastPathComponent < $1.lastPathComponent }
  }

  private func resolve(
    _ path: String, in folder: URL, isSpec: Bool
  ) throws -> [Program.Line] {
    var included: Set<String> = []
    func lines(_ path: String) throws -> [Program.Line] {
      included.insert(path)
      let source = try String(contentsOf: folder.appending(path: path), encoding: .utf8)
      return try source.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
        .flatMap { at, text in
          guard text.hasPrefix("-- @include ") else {
            return [Program.Line(file: isSpec ? "" : path, number: at + 1, text: text)]
          }
          let target = text.dropFirst("-- @include ".count).trimmingCharacters(in: .whitespaces)
          return included.contains(target) ? [] : try lines(target)
        }
    }
    return try lines(path)
  }

  private static func keyNames(in lines: [Substring]) -> [String] {
    var names: [String] = []
    var isInside = false
    for line in lines.prefix(while: { $0.hasPrefix("--") }) {
      if line.hasPrefix("-- KEYS") {
        isInside = true
      } else if !line.hasPrefix("--      ") {
        isInside = false
      }
      if isInside {
        names += line.matches(of: #/\d+ ([A-Za-z_]+) \(/#).map { String($0.1) }
      }
    }
    return names
  }
}
