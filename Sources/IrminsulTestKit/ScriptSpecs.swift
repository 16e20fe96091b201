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
    let kinds = ["objects", "refs", "log", "meta", "tokens_a", "tokens_b", "links"]
    let keys = kinds.map { "{spec \(name)}:\($0)" }
    var source = "local keys = {}\n"
    for (number, kind) in kinds.enumerated() {
      source += "keys.\(kind) = KEYS[\(number + 1)]\n"
    }
    source += "local scripts = {}\n"
    for file in try files(in: folder) {
      let text = try resolve(file.lastPathComponent, in: folder)
      let script = file.deletingPathExtension().lastPathComponent
      let ownKeys = Self.keyNames(in: text).map { "keys.\($0)" }.joined(separator: ", ")
      source += """
        scripts.\(script) = function(...)
        local KEYS, ARGV = {\(ownKeys)}, {...}
        \(text)
        end

        """
    }
    source += try resolve("\(name).lua", in: folder.appending(path: "spec"))
    source += "\nreturn results\n"
    let reply = try await host.run(
      Script(name: name, keys: kinds, access: .write, source: source),
      keys: keys.map { Bytes($0.utf8) }, arguments: [])
    guard let lines = reply.array?.compactMap(\.text), !lines.isEmpty else {
      return [Result(isPassed: false, description: "\(name) answered no results")]
    }
    return lines.map { Result(isPassed: $0.hasPrefix("ok "), description: $0) }
  }

  private func files(in folder: URL) throws -> [URL] {
    try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .filter { $0.pathExtension == "lua" }
      .sorted { $0.lastPathComponent < $1.lastPathComponent }
  }

  private func resolve(_ path: String, in folder: URL) throws -> String {
    var included: Set<String> = []
    func text(_ path: String) throws -> [Substring] {
      included.insert(path)
      let source = try String(contentsOf: folder.appending(path: path), encoding: .utf8)
      return try source.split(separator: "\n", omittingEmptySubsequences: false).flatMap { line in
        guard line.hasPrefix("-- @include ") else { return [line] }
        let target = line.dropFirst("-- @include ".count).trimmingCharacters(in: .whitespaces)
        return included.contains(target) ? [] : try text(target)
      }
    }
    return try text(path).joined(separator: "\n")
  }

  private static func keyNames(in text: String) -> [String] {
    var names: [String] = []
    var isInside = false
    for line in text.split(separator: "\n").prefix(while: { $0.hasPrefix("--") }) {
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
