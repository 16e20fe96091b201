import Foundation

/// A file of specs, and the scripts that it may name.
package struct SpecFile: Sendable {
  /// As the caller named it.
  package let path: String
  /// The folder of its scripts: the one above a folder `spec`, `specs`, `test` or `tests`, else its own.
  package let folder: String

  package var name: String { URL(filePath: path).deletingPathExtension().lastPathComponent }

  init(path: String) {
    self.path = path
    let own = (path as NSString).deletingLastPathComponent
    let absolute = URL(filePath: own.isEmpty ? "." : own).standardizedFileURL.lastPathComponent
    if ["spec", "specs", "test", "tests"].contains(absolute) {
      folder = own.isEmpty ? ".." : (own as NSString).deletingLastPathComponent
    } else {
      folder = own
    }
  }

  /// The specs at some places: files as they are, of folders and what is below them each `*_spec.lua`.
  ///
  /// Without a place: `spec`, `lua/spec` or the current folder, whichever is the first that is there.
  package static func find(_ places: [String]) throws(ScriptToolError) -> [SpecFile] {
    let files = FileManager.default
    var isFolder: ObjCBool = false
    func isThere(_ path: String) -> Bool { files.fileExists(atPath: path, isDirectory: &isFolder) }
    let asked = places.isEmpty ? [["spec", "lua/spec"].first(where: isThere) ?? "."] : places
    var found: [SpecFile] = []
    for place in asked {
      guard isThere(place) else { throw .unreadable(path: place, reason: "there is no such file") }
      if isFolder.boolValue {
        let names = files.enumerator(atPath: place)?.compactMap { $0 as? String } ?? []
        found += names.filter {
          $0.hasSuffix("_spec.lua") && !$0.split(separator: "/").contains { $0.hasPrefix(".") }
        }
        .sorted().map { SpecFile(path: ScriptText.join(place, $0)) }
      } else {
        found.append(SpecFile(path: place))
      }
    }
    guard !found.isEmpty else { throw .noSpecs(paths: asked) }
    return found
  }

  /// The paths of all scripts that it may name.
  package func scripts() throws(ScriptToolError) -> [String] {
    let place = folder.isEmpty ? "." : folder
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: place)
    } catch {
      throw .unreadable(path: place, reason: "the folder cannot be listed")
    }
    return names.filter {
      $0.hasSuffix(".lua") && !$0.hasSuffix("_spec.lua")
        && $0 != (path as NSString).lastPathComponent
    }
    .sorted().map { ScriptText.join(folder, $0) }
  }
}
