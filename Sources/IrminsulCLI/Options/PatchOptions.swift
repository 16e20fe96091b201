import ArgumentParser
import Irminsul

/// How changes of paths are printed: their names, or line by line.
struct PatchOptions: ParsableArguments {
  @Flag(name: [.short, .long], help: "Print what changed line by line, as `git diff` does.")
  var patch = false

  @Option(
    name: [.customShort("U", allowingJoined: true), .customLong("unified")],
    help: ArgumentHelp("Print so many unchanged lines around each change.", valueName: "n"))
  var context: Int?

  func validate() throws {
    if let context, context < 0 { throw ValidationError("-U must be 0 or more") }
  }

  /// Changes whose values are read in one round trip.
  private static let page = 64

  /// Whether changes are printed line by line.
  var isPatch: Bool { patch || context != nil }

  /// Prints changes, a line or a patch each.
  func print(
    _ changes: [TreeChange], _ output: OutputOptions, in repository: Repository
  ) async throws {
    try await forEach(of: changes, in: repository) { facts, patch in
      if output.isJSON {
        try JSONLine.print(facts)
      } else if let patch {
        try StandardOutput.write(patch)
      } else {
        try facts.print(indent: "")
      }
    }
  }

  /// The changes as JSON has them, all at once.
  func facts(
    of changes: [TreeChange], in repository: Repository
  ) async throws -> [ChangeFacts.PathFacts] {
    var all: [ChangeFacts.PathFacts] = []
    try await forEach(of: changes, in: repository) { facts, _ in all.append(facts) }
    return all
  }

  private func forEach(
    of changes: [TreeChange], in repository: Repository,
    _ body: (ChangeFacts.PathFacts, [UInt8]?) throws -> Void
  ) async throws {
    guard isPatch else {
      for change in changes { try body(ChangeFacts.PathFacts(change), nil) }
      return
    }
    for start in stride(from: 0, to: changes.count, by: Self.page) {
      let page = changes[start..<min(start + Self.page, changes.count)]
      let patches = try await repository.patches(of: page, context: context ?? 3)
      for (change, patch) in zip(page, patches) {
        var facts = ChangeFacts.PathFacts(change)
        let bytes = patch.bytes
        facts.patch = String(decoding: bytes, as: UTF8.self)
        facts.patchBase64 = JSONBytes(bytes).base64
        try body(facts, bytes)
      }
    }
  }
}
