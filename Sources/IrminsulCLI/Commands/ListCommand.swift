import ArgumentParser
import Irminsul

struct ListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ls", abstract: "List the names in a folder.",
    discussion: """
      A folder's name ends with "/". Names with control characters are quoted as Git does. With \
      --long each line is: mode, kind, id, size of a value, name. A page of a large folder: \
      --limit, from the name that the last one ended with (--after), or from a number (--offset).

      Example: irminsul ls --long config

      JSON keys: path, name, kind, mode, id, and size with --long; pathBase64 for a path that is \
      not UTF-8.
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var read: ReadOptions
  @OptionGroup var output: OutputOptions

  @Flag(name: [.short, .long], help: "Print mode, kind, id and size too.")
  var long = false

  @Option(help: ArgumentHelp("Only names that begin so.", valueName: "text"))
  var prefix = ""

  @Option(help: ArgumentHelp("Only names that come after this one.", valueName: "name"))
  var after: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How many names to leave out at the start.", valueName: "n"))
  var offset = 0

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How many names to print, at most.", valueName: "n"))
  var limit: Int?

  @Argument(help: "The folder (default: the root).")
  var path = ""

  func validate() throws {
    if offset < 0 { throw ValidationError("--offset takes 0 or more, not \(offset)") }
    if let limit, limit < 1 { throw ValidationError("--limit takes 1 or more, not \(limit)") }
  }

  func run() async throws {
    try read.branch.check()
    let path = try Path(reading: path)
    try await store.withRepository(.read) { repository in
      let source = try await read.source(in: repository)
      guard let entry = try await source.tree.entry(path) else { throw source.absence(of: path) }
      var items: [(Path, Entry)] = [(path, entry)]
      if entry.mode.isTree {
        let range = ListRange(
          prefixBytes: ArgumentText.bytes(of: prefix),
          afterBytes: after.map { ArgumentText.bytes(of: $0) }, offset: offset,
          limit: limit ?? .max)
        items = try await source.tree.list(path, range).map {
          (path.appending($0.name), $0.entry)
        }
      }
      for (path, entry) in items {
        var size: Int?
        if long, !entry.mode.isTree, !entry.mode.isSubmodule {
          size = try await repository.object(entry.id)?.contentSize
        }
        try print(path, entry, size: size)
      }
    }
  }

  private func print(_ path: Path, _ entry: Entry, size: Int?) throws {
    if output.isJSON { return try JSONLine.print(EntryFacts(path, entry, size: size)) }
    let name = EntryName.shown(path.steps.last ?? [], entry)
    guard long else { return try StandardOutput.line(name) }
    let sizeText = size.map(String.init) ?? "-"
    try StandardOutput.line(
      "\(entry.mode.sixDigits) \(entry.mode.objectKind.rawValue) \(Style.output(.yellow, entry.id.hex)) "
        + String(repeating: " ", count: max(0, 7 - sizeText.count)) + "\(sizeText)  \(name)")
  }
}

/// An entry of a tree as `ls` and `tree` print it in JSON.
struct EntryFacts: Encodable {
  let path: String
  let pathBase64: String?
  let name: String
  let kind: String
  let mode: String
  let id: String
  let size: Int?

  init(_ path: Path, _ entry: Entry, size: Int? = nil) {
    self.path = path.description
    pathBase64 = JSONBytes(path.bytes).base64
    name = String(decoding: path.steps.last ?? [], as: UTF8.self)
    kind = entry.mode.objectKind.rawValue
    mode = entry.mode.sixDigits
    id = entry.id.hex
    self.size = size
  }
}

extension EntryName {
  /// A name for people, `/` after a folder's.
  static func shown(_ name: [UInt8], _ entry: Entry) -> String {
    let text = QuotedName.text(name)
    if entry.mode.isTree { return Style.output(.blue, text) + "/" }
    if entry.mode.isSymbolicLink || entry.mode.isSubmodule { return Style.output(.cyan, text) }
    if entry.mode.canonical == .executable { return Style.output(.green, text) }
    return text
  }
}
