import ArgumentParser
import Irminsul

struct StatsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stats", abstract: "Print how much the store holds.",
    discussion: """
      Example: irminsul stats --json

      JSON keys: store, hash, layout, objects, branches, otherRefs, logEntries (ref changes that are \
      kept), position (ref changes so far), tokens (requests whose repetition is recognised).
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var output: OutputOptions

  private struct Facts: Encodable {
    let store: String
    let hash: String
    let layout: String
    let objects: Int64
    let branches: Int
    let otherRefs: Int
    let logEntries: Int64
    let position: Int64
    let tokens: Int64
  }

  func run() async throws {
    try await store.withRepository(.read) { repository in
      let numbers = try await repository.statistics()
      let facts = Facts(
        store: repository.location, hash: repository.algorithm.rawValue,
        layout: repository.layout.rawValue, objects: numbers.objects,
        branches: numbers.branches, otherRefs: numbers.otherRefs, logEntries: numbers.logEntries,
        position: numbers.position, tokens: numbers.tokens)
      if output.isJSON { return try JSONLine.print(facts) }
      let rows = [
        ("store", facts.store), ("ids", facts.hash), ("layout", facts.layout),
        ("objects", NumberText.count(Int(facts.objects))),
        ("branches", NumberText.count(facts.branches)),
        ("other refs", NumberText.count(facts.otherRefs)),
        ("ref changes", NumberText.count(Int(facts.position))),
        ("in the log", NumberText.count(Int(facts.logEntries))),
        ("tokens", NumberText.count(Int(facts.tokens))),
      ]
      for (name, value) in rows {
        let padding = String(repeating: " ", count: 14 - name.count)
        try StandardOutput.line(Style.output(.faint, name) + padding + value)
      }
    }
  }
}
