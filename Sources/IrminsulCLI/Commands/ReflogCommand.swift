import ArgumentParser
import Irminsul

struct ReflogCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reflog", abstract: "Tell where a branch has been, newest first.",
    discussion: """
      Every line has a name, such as main@{1}, that other commands take as a REV: so what was lost by a reset \
      is found again. It goes as far back as the store's log is kept.

      Example: irminsul reflog -n 5, then irminsul reset 'main@{1}'

      JSON keys: name, position, time, old, new, subject (null where the commit \
      was cut off since).
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var branch: BranchOption
  @OptionGroup var output: OutputOptions

  @Option(
    name: [.customShort("n", allowingJoined: true), .customLong("number")],
    help: "Print so many at most.")
  var number: Int?

  private struct Facts: Encodable {
    let name: String
    let position: Int64
    let time: String
    let old: String?
    let new: String?
    let subject: String?
  }

  func validate() throws {
    if let number, number < 0 { throw ValidationError("-n must be 0 or more") }
  }

  func run() async throws {
    try branch.check()
    try await store.withRepository(.read) { repository in
      let branch = try await branch.branch(of: repository)
      var count = 0
      for try await entry in branch.reflog() {
        if let number, count >= number { break }
        count += 1
        var subject: String?
        do {
          if let new = entry.new { subject = try await repository.commit(new).subject }
        } catch StoreError.missingObject {
          // The log remembers commits that were cut off since.
        }
        let name = "\(branch.name)@{\(entry.index)}"
        if output.isJSON {
          try JSONLine.print(
            Facts(
              name: name, position: entry.position,
              time: DateText.utc(milliseconds: entry.milliseconds), old: entry.old?.hex,
              new: entry.new?.hex, subject: subject))
          continue
        }
        let id = entry.new.map { String($0.hex.prefix(10)) } ?? "removed   "
        try StandardOutput.line(
          "\(Style.output(.yellow, id)) \(name): "
            + "\(DateText.utc(milliseconds: entry.milliseconds)) \(subject ?? (entry.new == nil ? "the branch was removed" : "not stored any more"))"
        )
      }
      if count == 0, try await branch.head() == nil {
        throw try await BranchOption.absence(of: branch)
      }
    }
  }
}
