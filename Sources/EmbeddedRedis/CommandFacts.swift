import CIrminsulLuaBridge
import RedisScripting

/// What Redis 7.0 says of a command, for tools that read scripts.
package struct CommandFacts: Sendable {
  package let name: String
  package let writes: Bool
  /// Not allowed in scripts.
  package let isBarred: Bool
  private let entry: CatalogueEntry

  /// nil when there is no such command.
  package init?(_ name: String) {
    guard let entry = CommandCatalogue.entries[name.lowercased()] else { return nil }
    self.entry = entry
    (self.name, writes, isBarred) = (entry.name, entry.writes, entry.isBarred)
  }

  /// Whether it takes so many words, its name among them.
  package func accepts(_ count: Int) -> Bool {
    entry.arity >= 0 ? count == entry.arity : count >= -entry.arity
  }

  /// Whether it takes so many words or some number of more.
  package func acceptsAtLeast(_ count: Int) -> Bool { entry.arity < 0 || count <= entry.arity }

  /// Which of some words are keys; nil stands for a word that is not known.
  package func keyPositions(in words: [Bytes?]) -> [Int] {
    // A NUL is no number and no keyword of any command.
    let known = words.map { $0 ?? [0] }
    return known.flatMap { $0 }.withView { block in
      var slices: [irminsul_slice] = []
      var offset = 0
      for word in known {
        slices.append(irminsul_slice(bytes: block.bytes + offset, length: word.count))
        offset += word.count
      }
      return slices.withUnsafeBufferPointer { buffer in
        guard let start = buffer.baseAddress else { return [] }
        return CommandKeys.positions(of: entry, start, buffer.count)
      }
    }
  }
}
