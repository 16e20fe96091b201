import ArgumentParser
import Irminsul

struct TreeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tree", abstract: "Draw a folder with all that is in it.",
    discussion: """
      Example: irminsul tree config --depth 2

      JSON keys, a line for each entry: path, name, kind, mode, id; pathBase64 for a path that is \
      not UTF-8.
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var read: ReadOptions
  @OptionGroup var output: OutputOptions

  @Option(name: [.customLong("depth"), .customShort("L")], help: "Go down so many levels only.")
  var depth: Int?

  @Argument(help: "The folder (default: the root).")
  var path = ""

  func validate() throws {
    if let depth, depth < 1 { throw ValidationError("--depth must be 1 or more") }
  }

  func run() async throws {
    try read.branch.check()
    let path = try Path(reading: path)
    try await store.withRepository(.read) { repository in
      let source = try await read.source(in: repository)
      guard let entry = try await source.tree.entry(path) else { throw source.absence(of: path) }
      guard entry.mode.isTree, let tree = try await source.tree.findTree(path) else {
        throw Failure(
          .refused,
          "\"\(path)\" is no folder in \(source.label)\nPrint it with `irminsul get` or `ls --long`."
        )
      }
      let items = try await tree.list()
      if !output.isJSON {
        try StandardOutput.line(
          path.isRoot ? Style.output(.blue, ".") : EntryName.shown(Array(path.bytes), entry))
      }
      var drawing = Drawing(repository: repository, isJSON: output.isJSON, depth: depth ?? .max)
      try await drawing.draw(items, at: path, indent: "", level: 1)
      if !output.isJSON {
        try StandardOutput.line(
          "\n\(NumberText.count(drawing.folders, "folder")), "
            + NumberText.count(drawing.values, "value"))
      }
    }
  }

  private struct Drawing {
    let repository: Repository
    let isJSON: Bool
    let depth: Int
    var folders = 0
    var values = 0

    mutating func draw(
      _ items: [Tree.Item], at path: Path, indent: String, level: Int
    ) async throws {
      for (number, item) in items.enumerated() {
        let isLast = number == items.count - 1
        let inner = path.appending(item.name)
        if isJSON {
          try JSONLine.print(EntryFacts(inner, item.entry))
        } else {
          try StandardOutput.line(
            indent + (isLast ? "└── " : "├── ") + EntryName.shown(item.name, item.entry))
        }
        guard item.entry.mode.isTree else {
          values += 1
          continue
        }
        folders += 1
        guard level < depth else { continue }
        // By its id: trees from elsewhere may have names that no path has.
        let next = try await repository.tree(item.entry.id)
        try await draw(
          try await next.list(), at: inner, indent: indent + (isLast ? "    " : "│   "),
          level: level + 1)
      }
    }
  }
}
