import RedisScripting

/// Why a script, its specs or its data could not be worked with.
package enum ScriptToolError: Error, Sendable {
  /// A file or folder that cannot be read.
  case unreadable(path: String, reason: String)
  /// A script that includes what is not there, or itself.
  case badInclude(path: String, line: Int, reason: String)
  /// A text that is no Lua.
  case syntax(path: String, line: Int, reason: String)
  /// A line of a file of commands that is none, or that the host refuses.
  case badSeed(path: String, line: Int, reason: String)
  /// No specs at the places that were named.
  case noSpecs(paths: [String])
  /// Specs empty the database that they run in: this one has keys.
  case databaseNotEmpty(location: String, keys: Int64)
  /// The specs fail before anything of the script was changed.
  case specsFail(String)
  case host(HostError)
}

extension ScriptToolError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unreadable(let path, let reason): "cannot read \"\(path)\": \(reason)"
    case .badInclude(let path, let line, let reason):
      "\(path):\(line): \(reason)\nIncludes are named from the folder of the script."
    case .syntax(let path, let line, let reason): "\(path):\(line): \(reason)"
    case .badSeed(let path, let line, let reason):
      "\(path):\(line): \(reason)\n"
        + "A line is one command with its arguments, quoted as redis-cli takes them."
    case .noSpecs(let paths):
      "there are no specs in \(paths.map { "\"\($0)\"" }.joined(separator: ", "))\n"
        + "A spec is a file *_spec.lua, or any Lua file that is named itself."
    case .databaseNotEmpty(let location, let keys):
      "\(location) holds \(keys) key\(keys == 1 ? "" : "s"), and specs empty their database\n"
        + "Name an empty one, such as redis://HOST:PORT/15."
    case .specsFail(let name):
      "the specs fail before anything is changed: \(name)\nSee `irminsul script test`."
    case .host(let error): error.description
    }
  }
}
