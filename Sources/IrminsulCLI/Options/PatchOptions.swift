import ArgumentParser
import Irminsul

/// How changes of paths are printed: their names, how many lines of each, or line by line.
struct PatchOptions: ParsableArguments {
  @Flag(name: [.short, .long], help: "Print what changed line by line, as `git diff` does.")
  var patch = false

  @Option(
    name: [.customShort("U", allowingJoined: true), .customLong("unified")],
    help: ArgumentHelp("Print so many unchanged lines around each change.", valueName: "n"))
  var context: Int?

  @Flag(help: "Print how many lines of each path came and went, as `git diff --stat` does.")
  var stat = false

  func validate() throws {
    if let context, context < 0 { throw ValidationError("-U must be 0 or more") }
  }

  /// Changes whose values are read in one round trip.
  private static let page = 64

  /// Whether changes are printed line by line.
  var isPatch: Bool { patch || context != nil }
  /// Whether anything is asked for but the names.
  var isAsked: Bool { isPatch || stat }

  /// Prints changes, a line or a patch each.
  func print(
    _ changes: [TreeChange], _ output: OutputOptions, in repository: Repository
  ) async throws {
    if stat, !output.isJSON {
      try await printLineCounts(of: changes, in: repository)
      if !isPatch { return }
      if !changes.isEmpty { try StandardOutput.line("") }
    }
    try await forEach(of: changes, in: repository) { facts, patch in
      if output.isJSON {
        try JSONLine.print(facts)
      } else if let patch {
        try StandardOutput.write(patch.bytes)
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

  private func printLineCounts(
    of changes: [TreeChange], in repository: Repository
  ) async throws {
    var counts: [LineCounts] = []
    try await forEachPatch(of: changes, in: repository) { counts.append(LineCounts($1)) }
    for line in LineCounts.table(of: counts) { try StandardOutput.line(line) }
  }

  private func forEach(
    of changes: [TreeChange], in repository: Repository,
    _ body: (ChangeFacts.PathFacts, FilePatch?) throws -> Void
  ) async throws {
    guard isAsked else {
      for change in changes { try body(ChangeFacts.PathFacts(change), nil) }
      return
    }
    try await forEachPatch(of: changes, in: repository) { change, patch in
      var facts = ChangeFacts.PathFacts(change)
      if isPatch {
        let bytes = patch.bytes
        facts.patch = String(decoding: bytes, as: UTF8.self)
        facts.patchBase64 = JSONBytes(bytes).base64
      }
      if stat {
        let counts = LineCounts(patch)
        (facts.insertions, facts.deletions) = (counts.insertions, counts.deletions)
      }
      try body(facts, patch)
    }
  }

  private func forEachPatch(
    of changes: [TreeChange], in repository: Repository,
    _ body: (TreeChange, FilePatch) throws -> Void
  ) async throws {
    for start in stride(from: 0, to: changes.count, by: Self.page) {
      let page = changes[start..<min(start + Self.page, changes.count)]
      let patches = try await repository.patches(of: page, context: context ?? 3)
      for (change, patch) in zip(page, patches) { try body(change, patch) }
    }
  }
}
