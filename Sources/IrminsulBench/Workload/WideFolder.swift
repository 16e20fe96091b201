import ArgumentParser
import GitObjects
import Irminsul

/// A folder of many entries, which writers find in the place of a tree of some ``TreeShape``.
struct WideFolder: Codable, Sendable, Equatable {
  /// How the store keeps it.
  let layout: DirectoryLayout
  let entries: Int
  let names: NameStyle

  static let path: Path = "jobs"

  /// The path of an entry.
  func path(_ number: Int) -> Path { Self.path.appending(names.name(number)) }

  /// Entries that are made by one commit: when names are not in order, each commit makes nearly all parts
  /// of the folder anew, so that few are better; but their values must have room in memory.
  private static let filling = 250_000

  /// Puts a value at every name. No two are the same, as with anybody's values.
  func fill(_ branch: Branch) async throws {
    for first in stride(from: 0, to: entries, by: Self.filling) {
      let numbers = first..<min(first + Self.filling, entries)
      try await branch.commit(
        try numbers.map { try .set(path($0), "entry \($0)") }, "Fill the folder")
    }
  }
}

extension DirectoryLayout: ExpressibleByArgument {}
extension DirectoryLayout: Codable {}
