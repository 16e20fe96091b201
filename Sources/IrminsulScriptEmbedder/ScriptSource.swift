import Foundation

/// One of the project's Lua scripts, with its includes resolved and its header read.
struct ScriptSource {
  /// The file's name without its extension: `put_objects`.
  let name: String
  /// The complete text that a server is given.
  let text: String
  /// The names in the header's KEYS lines, in order: `objects`, `refs`.
  let keys: [String]
  /// Whether the header says "reads only".
  let isReadOnly: Bool

  init(file: URL, folder: URL) throws(EmbeddingError) {
    var included: Set<String> = []
    name = file.deletingPathExtension().lastPathComponent
    text = try Self.resolve(
      file.lastPathComponent, in: folder, trail: [], included: &included)
    let header = text.split(separator: "\n", omittingEmptySubsequences: false)
      .prefix { $0.hasPrefix("--") }
    keys = try Self.keys(in: header, of: file.lastPathComponent)
    isReadOnly = header.contains { $0.contains("reads only") }
  }

  /// The text of `path` with each `-- @include PATH` replaced by that file, once per script.
  private static func resolve(
    _ path: String, in folder: URL, trail: [String], included: inout Set<String>
  ) throws(EmbeddingError) -> String {
    guard !trail.contains(path) else {
      throw EmbeddingError("circular include: \((trail + [path]).joined(separator: " -> "))")
    }
    guard let source = try? String(contentsOf: folder.appending(path: path), encoding: .utf8) else {
      let place = trail.last.map { "lua/\($0): " } ?? ""
      throw EmbeddingError("\(place)include of \(path), which is not in lua/")
    }
    included.insert(path)
    var lines: [String] = []
    for line in source.split(separator: "\n", omittingEmptySubsequences: false) {
      guard line.hasPrefix("-- @include ") else {
        lines.append(String(line))
        continue
      }
      let target = line.dropFirst("-- @include ".count).trimmingCharacters(in: .whitespaces)
      // A file that is on the trail is circular; one that is already in the script is there once.
      if trail.contains(target) || target == path || !included.contains(target) {
        lines.append(
          try resolve(target, in: folder, trail: trail + [path], included: &included))
      }
    }
    return lines.joined(separator: "\n")
  }

  /// Reads `-- KEYS  1 objects (hash)   2 refs (hash)` and its continuation lines.
  private static func keys(
    in header: some Sequence<Substring>, of file: String
  ) throws(EmbeddingError) -> [String] {
    var keys: [String] = []
    var isInside = false
    var isFound = false
    for line in header {
      if line.hasPrefix("-- KEYS") {
        (isInside, isFound) = (true, true)
      } else if !line.hasPrefix("--      ") {
        isInside = false
      }
      guard isInside else { continue }
      for match in line.matches(of: #/(\d+) ([A-Za-z_]+) \([a-z]+\)/#) {
        guard Int(match.1) == keys.count + 1 else {
          throw EmbeddingError("lua/\(file): KEYS are not numbered in order at \(match.0)")
        }
        keys.append(String(match.2))
      }
    }
    guard isFound else { throw EmbeddingError("lua/\(file): the header has no KEYS line") }
    return keys
  }
}

/// What is wrong with a script, in a form that a build log shows.
struct EmbeddingError: Error {
  let reason: String

  init(_ reason: String) { self.reason = reason }
}
