import ArgumentParser
import Foundation
import Irminsul

struct GraphCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "graph",
    abstract: "Draw the history as text, for Graphviz or as SVG.",
    discussion: """
      text: as `git log --graph --oneline --decorate`; dot: the language of Graphviz; svg: a picture, light or dark as \
      its reader is, with a tool-tip for each commit. Without a REV: all branches and tags. A REV may be A..B, A...B or \
      ^A, as in `log`.

      Examples:
        irminsul graph main topic
        irminsul graph --format svg --output history.svg
        irminsul graph --format dot | dot -Tpdf > history.pdf

      JSON keys, a line for each commit that is drawn: id, parents, subject, author, seconds, labels.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text
    case dot
    case svg
  }

  @OptionGroup var store: StoreOptions
  @OptionGroup var output: OutputOptions
  @OptionGroup var order: OrderOptions

  @Option(help: "What to draw with: text, dot or svg.")
  var format: Format?

  @Option(
    name: [.customShort("n", allowingJoined: true), .customLong("number")],
    help: "Draw so many commits at most.")
  var number: Int?

  @Option(
    name: [.customShort("o"), .customLong("output")],
    help: ArgumentHelp("Write into this file, not to standard output.", valueName: "file"))
  var file: String?

  @Flag(help: "Of a merge, follow only the first parent.")
  var firstParent = false

  @Option(
    name: .customLong("not"),
    help: ArgumentHelp("Leave out what is in this one's history, and itself.", valueName: "rev"))
  var excluded: [String] = []

  @Argument(help: ArgumentHelp("Where it starts (default: everywhere).", valueName: "rev"))
  var revisions: [String] = []

  private struct Facts: Encodable {
    let id: String
    let parents: [String]
    let subject: String
    let author: String
    let seconds: Int64?
    let labels: [String]

    init(_ node: GraphDrawing.Node) {
      id = node.id.hex
      parents = node.parents.map(\.hex)
      subject = node.subject
      author = node.author
      seconds = node.date?.seconds
      labels = node.labels
    }
  }

  func validate() throws {
    if let number, number < 0 { throw ValidationError("-n must be 0 or more") }
    if output.isJSON, format != nil || file != nil {
      throw ValidationError("--json goes without --format and --output")
    }
  }

  func run() async throws {
    try await store.withRepository(.read) { repository in
      let range = try await RevisionRange(revisions, not: excluded, in: repository)
      var options = LogOptions(
        order: order.commitOrder(otherwise: .topological), parents: firstParent ? .first : .all)
      options.excluding = range.excluded
      let drawing = try await repository.drawing(
        of: range.starts.isEmpty ? nil : range.starts, options, limit: number ?? .max)
      if output.isJSON {
        for node in drawing.nodes { try JSONLine.print(Facts(node)) }
        return
      }
      switch format ?? .text {
      case .text:
        // Colours are for a terminal.
        try write(file == nil ? drawing.text(for: .shown) : drawing.text())
      case .dot: try write(drawing.dot())
      case .svg: try write(drawing.svg())
      }
    }
  }

  private func write(_ text: String) throws {
    guard let file else { return try StandardOutput.write(text.utf8) }
    do {
      try Data(text.utf8).write(to: URL(fileURLWithPath: file))
    } catch {
      throw Failure(.io, "cannot write \(file): \(SystemReason.text(of: error))")
    }
  }
}
