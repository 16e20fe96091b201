import Foundation

// Usage: IrminsulScriptEmbedder LUA-FOLDER OUTPUT.swift

/// The Swift source that declares each script as a static member of `Script`.
func swiftSource(for scripts: [ScriptSource]) -> String {
  var output =
    "// Made from lua/*.lua by the build. Edit those.\nimport RedisScripting\n\nextension Script {\n"
  for script in scripts {
    let words = script.name.split(separator: "_")
    let identifier =
      words.prefix(1).joined() + words.dropFirst().map(\.capitalized).joined()
    let keys = script.keys.map { "\"\($0)\"" }.joined(separator: ", ")
    output += """
        static let \(identifier) = Script(
          name: "\(script.name)", keys: [\(keys)], access: \(script.isReadOnly ? ".read" : ".write"),
          source: ####\"\"\"
      \(script.text)
      \"\"\"####)

      """
  }
  output += "\n  /// Every script of the store, in order of name.\n"
  output += "  static let all: [Script] = ["
  output += scripts.map { script in
    let words = script.name.split(separator: "_")
    return "." + words.prefix(1).joined() + words.dropFirst().map(\.capitalized).joined()
  }.joined(separator: ", ")
  return output + "]\n}\n"
}

do {
  guard CommandLine.arguments.count == 3 else {
    throw EmbeddingError("usage: IrminsulScriptEmbedder LUA-FOLDER OUTPUT.swift")
  }
  let folder = URL(filePath: CommandLine.arguments[1], directoryHint: .isDirectory)
  let scripts = try FileManager.default
    .contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    .filter { $0.pathExtension == "lua" }
    .sorted { $0.lastPathComponent < $1.lastPathComponent }
    .map { try ScriptSource(file: $0, folder: folder) }
  try Data(swiftSource(for: scripts).utf8).write(to: URL(filePath: CommandLine.arguments[2]))
} catch let error as EmbeddingError {
  FileHandle.standardError.write(Data("error: \(error.reason)\n".utf8))
  exit(1)
} catch {
  FileHandle.standardError.write(Data("error: \(error.localizedDescription)\n".utf8))
  exit(1)
}
