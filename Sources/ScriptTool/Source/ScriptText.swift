import Foundation
import RedisScripting

/// A line of a script, and the file that it comes from.
package struct ScriptLine: Sendable, Hashable {
  /// The file as the caller named it; empty for a line that stands in none.
  package let file: String
  /// From 1.
  package let number: Int
  package let text: String

  package var place: String { "\(file):\(number)" }
}

/// A script's file with its includes: each line `-- @include PATH` is replaced by that file, once a script.
///
/// A path is named from the script's folder, or else from the file that includes it; its `.lua` may be left out, as BullMQ does.
package struct ScriptText: Sendable {
  /// The file's name without its extension.
  package let name: String
  /// The file as the caller named it.
  package let path: String
  package let lines: [ScriptLine]
  package let header: ScriptHeader

  /// Reads a script.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - folder: Where its includes are; its own folder unless told otherwise.
  package init(path: String, folder: String? = nil) throws(ScriptToolError) {
    self.path = path
    let url = URL(filePath: path)
    name = url.deletingPathExtension().lastPathComponent
    var own = (path as NSString).deletingLastPathComponent
    if own == "." { own = "" }
    var included: Set<String> = []
    lines = try Self.lines(path, from: folder ?? own, trail: [path], included: &included)
    header = ScriptHeader(lines.map { $0.text[...] })
  }

  /// The complete text that a server is given.
  package var source: String { lines.map(\.text).joined(separator: "\n") }

  package var script: Script {
    Script(
      name: name, keys: header.keys, access: Self.access(of: lines.first?.text ?? ""),
      source: source)
  }

  /// The bytes that a file may have: the tool holds some fifty for each line, and lint some hundred for each word.
  private static let largestText = 8 << 20

  /// The text of a file.
  ///
  /// - Throws: ``ScriptToolError/unreadable(path:reason:)``, also for more than 8 MiB.
  package static func read(_ path: String) throws(ScriptToolError) -> String {
    var isFolder: ObjCBool = false
    let isThere = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    // By a handle, so that pipes are read to their end.
    guard isThere, !isFolder.boolValue, let handle = FileHandle(forReadingAtPath: path),
      let data = try? handle.read(upToCount: largestText + 1) ?? Data()
    else {
      throw .unreadable(
        path: path,
        reason: !isThere
          ? "there is no such file" : isFolder.boolValue ? "it is a folder" : "it cannot be opened")
    }
    guard data.count <= largestText else {
      throw .unreadable(
        path: path, reason: "it has more than \(largestText >> 20) MiB, which is no script")
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      throw .unreadable(path: path, reason: "it is not UTF-8 text")
    }
    return text
  }

  /// A path below a folder, or the path itself when the folder is the current one.
  package static func join(_ folder: String, _ path: String) -> String {
    folder.isEmpty || folder == "." ? path : (folder as NSString).appendingPathComponent(path)
  }

  private static func access(of first: String) -> Script.Access {
    first.hasPrefix("#!") && first.contains("no-writes") ? .read : .write
  }

  private static func lines(
    _ path: String, from folder: String, trail: [String], included: inout Set<String>
  ) throws(ScriptToolError) -> [ScriptLine] {
    included.insert(path)
    var lines: [ScriptLine] = []
    let texts = try read(path).split(separator: "\n", omittingEmptySubsequences: false)
    for (at, text) in texts.enumerated() {
      guard text.hasPrefix("-- @include ") || text.hasPrefix("--- @include "),
        let match = text.firstMatch(of: #/^---? @include "?([^"]+)"?\s*$/#)
      else {
        lines.append(ScriptLine(file: path, number: at + 1, text: String(text)))
        continue
      }
      var target = match.1.trimmingCharacters(in: .whitespaces)
      if !target.hasSuffix(".lua") { target += ".lua" }
      let places = [folder, (path as NSString).deletingLastPathComponent].map { join($0, target) }
      guard let file = places.first(where: { FileManager.default.fileExists(atPath: $0) }) else {
        throw .badInclude(
          path: path, line: at + 1, reason: "an include of \(target), and there is no \(places[0])")
      }
      guard !trail.contains(file) else {
        throw .badInclude(path: path, line: at + 1, reason: "a circular include of \(target)")
      }
      guard !included.contains(file) else { continue }
      lines += try Self.lines(file, from: folder, trail: trail + [file], included: &included)
    }
    return lines
  }
}
