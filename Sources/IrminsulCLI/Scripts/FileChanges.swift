import Foundation
import ScriptTool

/// Tells when a Lua file beside some specs is saved, made or removed.
struct FileChanges {
  private struct Stamp: Equatable {
    let date: Date?
    let size: Int?
  }

  private let paths: [String]
  private let before: [String: Stamp]

  /// Notes how the files are now.
  init(of paths: [String]) {
    self.paths = paths
    before = Self.stamps(paths)
  }

  /// Waits for a change.
  ///
  /// - Throws: `CancellationError`.
  func next() async throws {
    while Self.stamps(paths) == before {
      try await Task.sleep(for: .milliseconds(150))
    }
  }

  private static func stamps(_ paths: [String]) -> [String: Stamp] {
    let files = FileManager.default
    var stamps: [String: Stamp] = [:]
    func look(_ path: String) {
      let facts = try? files.attributesOfItem(atPath: path)
      stamps[path] = Stamp(
        date: facts?[.modificationDate] as? Date, size: facts?[.size] as? Int)
    }
    let specs = (try? SpecFile.find(paths)) ?? []
    for path in paths { look(path) }
    for spec in specs {
      look(spec.path)
      for folder in Set([spec.folder, (spec.path as NSString).deletingLastPathComponent]) {
        let place = folder.isEmpty ? "." : folder
        for case let name as String in files.enumerator(atPath: place) ?? .init()
        where name.hasSuffix(".lua") { look(ScriptText.join(place, name)) }
      }
    }
    return stamps
  }
}
