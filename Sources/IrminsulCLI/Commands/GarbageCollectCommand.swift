import ArgumentParser
import Irminsul
import RedisScripting

struct GarbageCollectCommand: EndsInOrder {
  static let configuration = CommandConfiguration(
    commandName: "gc", abstract: "Remove the objects that nothing leads to.",
    discussion: """
      Histories are cut before, as the store's settings retention.* say; --archive writes what is cut off into a \
      slice first, which slice import brings back.

      Works in steps of about a millisecond beside all other work. It may be stopped at any time: the next \
      run goes on where it was. Commits that a branch has left, by a reset, a forced push or its removal, \
      stay as long as --reflog says; whatever was read or stored just before stays for the time of --grace \
      at least, and the command waits that long.

      Example: irminsul gc --grace 10 --archive before.slice

      JSON keys: phase, kept (objects), keptBytes, removed (objects), steps, cut (commits at which histories \
      were cut), snapshots (that are kept of what is cut off), archived (objects); with --kinds before and after: blob, \
      tree, commit, tag and other, each with objects and bytes; with --dry-run: removed and removedBytes, kept and \
      keptBytes, removedKinds and keptKinds, cut, snapshots.
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var output: OutputOptions
  @OptionGroup var collection: CollectionFlags

  @Option(help: "A file for what is cut off, which is not there yet.", completion: .file())
  var archive: String?

  @Flag(help: "Say what would be removed, and change nothing.")
  var dryRun = false

  @Flag(help: "Cut no histories, whatever the store's settings say.")
  var whole = false

  @Flag(
    help:
      "Tell what is there by kind before and after: looks at every object twice more, but with --dry-run."
  )
  var kinds = false

  func validate() throws {
    if archive == "-" {
      throw ValidationError("--archive needs a file: it is read back before anything is cut.")
    }
    if dryRun, archive != nil { throw ValidationError("--dry-run writes no archive.") }
    if whole, archive != nil { throw ValidationError("--whole cuts nothing off to be archived.") }
  }

  func run() async throws {
    let bar = ProgressBar()
    defer { bar.finish() }
    var options = collection.options()
    options.archive = archive
    options.cutsHistories = !whole
    if dryRun { return try await estimate(options) }
    let isCounting = kinds
    let held = HeldNotice()
    let facts = try await store.withRepository(.read) { [options] store in
      let before = isCounting ? try await store.accountsByKind { bar.show($0) }.kinds : nil
      let report = try await store.collectGarbage(options) { report in
        let isArchiving = report.phase == .archiving
        let phase =
          switch report.phase {
          case .archiving: "archived"
          case .waiting: "waiting"
          case .held: "waiting for operations that are under way"
          default: "kept"
          }
        if report.phase == .held, held.isDue() {
          bar.finish()
          StandardError.line(
            "irminsul: something is under way that began before this, such as an upload: waiting until it ends; one that "
              + "was killed counts for a minute at most")
        }
        bar.show(
          TransferProgress(
            phase: phase, done: isArchiving ? report.archived : Int(report.kept), total: nil,
            bytes: Int(report.keptBytes)))
      }
      let after = isCounting ? try await store.accountsByKind { bar.show($0) }.kinds : nil
      return Facts(report: report, before: before, after: after)
    }
    let report = facts.report
    bar.finish()
    if output.isJSON { return try JSONLine.print(facts) }
    if report.cut > 0 {
      try StandardOutput.line(
        "cut histories at \(NumberText.count(report.cut, "commit"))"
          + (report.snapshots > 0
            ? ", kept \(NumberText.count(report.snapshots, "snapshot"))" : "")
          + (archive.map {
            ", wrote \(NumberText.count(report.archived, "object")) to \($0)"
          } ?? ""))
    }
    try StandardOutput.line(
      "removed \(NumberText.count(Int(report.removed), "object")), kept "
        + "\(NumberText.count(Int(report.kept))) (\(NumberText.size(Int(report.keptBytes))))")
    if let before = facts.before, let after = facts.after { try show(before, after) }
  }

  /// Says once, when it takes longer than a moment, that others are waited for.
  private final class HeldNotice: Sendable {
    private let state = Locked<(since: ContinuousClock.Instant?, isGiven: Bool)>((nil, false))

    func isDue() -> Bool {
      state.withLock { state in
        let since = state.since ?? .now
        state.since = since
        if state.isGiven || ContinuousClock.now - since < .seconds(1) { return false }
        state.isGiven = true
        return true
      }
    }
  }

  private struct Facts: Encodable {
    let report: CollectionReport
    let before: KindTotals?
    let after: KindTotals?

    private enum Key: String, CodingKey {
      case before, after
    }

    func encode(to encoder: any Encoder) throws {
      try report.encode(to: encoder)
      var container = encoder.container(keyedBy: Key.self)
      try container.encodeIfPresent(before, forKey: .before)
      try container.encodeIfPresent(after, forKey: .after)
    }
  }

  private func show(_ before: KindTotals, _ after: KindTotals) throws {
    var table = TextTable("before", "bytes", "after", "bytes", "kind")
    for (name, total) in before.named {
      let left = after.named.first { $0.name == name }?.total ?? ObjectTotal()
      table.add(
        NumberText.count(total.objects), NumberText.size(total.bytes),
        NumberText.count(left.objects), NumberText.size(left.bytes), name)
    }
    try table.print()
  }

  private func estimate(_ options: CollectionOptions) async throws {
    let estimate = try await store.withRepository(.read) { try await $0.estimate(options) }
    if output.isJSON { return try JSONLine.print(estimate) }
    if estimate.cut > 0 {
      try StandardOutput.line(
        "would cut histories at \(NumberText.count(estimate.cut, "commit"))")
    }
    try StandardOutput.line(
      "would remove \(NumberText.count(estimate.removed, "object")) "
        + "(\(NumberText.size(estimate.removedBytes))) and keep "
        + "\(NumberText.count(estimate.kept)) (\(NumberText.size(estimate.keptBytes)))")
    if kinds {
      var before = estimate.keptKinds
      before += estimate.removedKinds
      try show(before, estimate.keptKinds)
    }
  }
}
