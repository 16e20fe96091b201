import ArgumentParser
import Irminsul

struct DiskUsageCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "du", abstract: "Print how much room folders take.",
    discussion: """
      Each line is: the bytes of all files as a checkout would have them, what is at several paths counted for each; \
      the bytes of the objects in the store, each counted once, trees among them; the folder, after those that are \
      in it.

      Example: irminsul du config --depth 1 --at v1

      JSON keys, a line for each folder: path, entries (names in the folder itself), files (in it and below), bytes (of \
      these), objects (in the store, each once), storedBytes; pathBase64 for a path that is not UTF-8.
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var read: ReadOptions
  @OptionGroup var output: OutputOptions

  @Option(
    name: [.customLong("depth"), .customShort("d")],
    help: "Print folders so many levels down only; 0: the one that is asked for.")
  var depth: Int?

  @Flag(name: .customLong("bytes"), help: "Print all bytes, not KiB and MiB.")
  var isExact = false

  @Argument(help: "The folder or value (default: the root).")
  var path = ""

  private struct Facts: Encodable {
    let path: String
    let pathBase64: String?
    let entries: Int?
    let files: Int
    let bytes: Int
    let objects: Int
    let storedBytes: Int
  }

  func validate() throws {
    if let depth, depth < 0 { throw ValidationError("--depth takes 0 or more, not \(depth)") }
  }

  func run() async throws {
    try read.branch.check()
    let path = try Path(reading: path)
    try await store.withRepository(.read) { repository in
      let source = try await read.source(in: repository)
      guard let entry = try await source.tree.entry(path) else { throw source.absence(of: path) }
      if entry.mode.isSubmodule {
        throw Failure(
          .refused,
          "\"\(path)\" is a submodule: what is in it is in another repository\nAsk git there.")
      }
      guard entry.mode.isTree, let tree = try await source.tree.findTree(path) else {
        return try await print(path, ofValue: entry.id, in: repository)
      }
      for folder in try await tree.usage(at: path).folders(depth: depth ?? .max) {
        try print(
          folder.path, entries: folder.entries, files: folder.files, bytes: folder.bytes,
          stored: folder.stored)
      }
    }
  }

  private func print(
    _ path: Path, ofValue id: ObjectID, in repository: Repository
  ) async throws {
    let bytes = try await repository.sizes(of: [id])[0]
    try print(
      path, entries: nil, files: 1, bytes: bytes, stored: ObjectTotal(objects: 1, bytes: bytes))
  }

  private func print(
    _ path: Path, entries: Int?, files: Int, bytes: Int, stored: ObjectTotal
  ) throws {
    if output.isJSON {
      return try JSONLine.print(
        Facts(
          path: path.description, pathBase64: JSONBytes(path.bytes).base64, entries: entries,
          files: files, bytes: bytes, objects: stored.objects, storedBytes: stored.bytes))
    }
    let columns = [bytes, stored.bytes].map { bytes in
      let text = isExact ? "\(bytes)" : NumberText.size(bytes)
      return String(repeating: " ", count: max(0, (isExact ? 12 : 10) - text.count)) + text
    }
    let name = path.isRoot ? "." : QuotedName.text(path.bytes)
    try StandardOutput.line(columns.joined(separator: "  ") + "  " + name)
  }
}
