import Foundation
import GitObjects
import Irminsul

/// The library's store, as the benchmark prepares and uses it.
enum IrminsulStore {
  static func open(
    _ url: String, name: String, _ hash: HashAlgorithm = .sha1, _ layout: DirectoryLayout? = nil
  ) async throws -> Repository {
    var options = Repository.Options()
    options.layout = layout
    return try await Repository.open(
      self.url(url, name: name) + "&hash=\(hash)",
      environment: ProcessInfo.processInfo.environment, options: options)
  }

  static func url(_ url: String, name: String) -> String {
    url + (url.contains("?") ? "&" : "?") + "name=" + name
  }

  /// Puts a value at every leaf, a thousand in a commit.
  static func fill(_ branch: Branch, _ shape: TreeShape) async throws {
    for first in stride(from: 0, to: shape.leafCount, by: 1000) {
      let leaves = first..<min(first + 1000, shape.leafCount)
      try await branch.commit(
        try leaves.map { try .set(Path(steps: shape.leaf($0)), "leaf \($0)") }, "Fill the tree")
    }
  }

  /// What a writer does to the path that everybody writes.
  static func increment(_ path: Path, of branch: Branch) async throws -> WriteResult {
    try await branch.commit([.increment(path)], "Increment the counter")
  }
}
