import Irminsul

/// What a run under faults has come to.
struct FaultReport: Sendable {
  let setting: FaultRun.Setting
  /// How many faults of each kind that was on have been injected.
  let faults: [(kind: FaultKind, count: Int)]
  let operations: Int
  let attempts: Int
  let acknowledged: Int
  let refused: Int
  let unknown: Int
  /// Unknown ones that the history holds.
  let unknownDone: Int
  /// Operations that were tried again with the same token, by their writer or after its death.
  let retried: Int
  /// Of those, the ones whose first writer was killed.
  let inherited: Int
  /// Answers by which the server said that it had applied the request before.
  let doneAnswers: Int
  /// Commits in the histories of all branches.
  let commits: Int
  var seconds = 0.0
  /// nil when no garbage was collected.
  var collection: CollectionOutcome?
  var counters: [CounterBounds] = []
  var verifiedObjects = 0
  var verifyFaults = 0
  var violations: [Violation] = []
  /// Where records and data are; nil when they are gone.
  var folder: String?

  init(
    _ setting: FaultRun.Setting, _ record: RunRecord, _ history: StoreHistory, _ tally: FaultTally
  ) {
    self.setting = setting
    faults = tally.kinds.map { ($0, tally.count(of: $0)) }
    let all = record.operations.values
    operations = all.count
    attempts = all.reduce(0) { $0 + $1.answers.count }
    acknowledged = all.count { $0.outcome == .acknowledged }
    refused = all.count { $0.outcome == .refused }
    let present = Set(history.commits.values.joined().compactMap(\.operation))
    unknown = all.count { $0.outcome == .unknown }
    unknownDone = all.count { $0.outcome == .unknown && present.contains($0.id) }
    retried = all.count { $0.answers.count > 1 }
    inherited = record.inherited.count
    doneAnswers = tally.doneAnswers
    commits = history.commits.values.reduce(0) { $0 + $1.count }
  }

  func count(of kind: Violation.Kind) -> Int { violations.count { $0.kind == kind } }

  /// The kinds of violation that a table always shows, and the others that there are.
  private var shownKinds: [Violation.Kind] {
    let always: [Violation.Kind] = [.lost, .duplicated, .refusedButDone, .halfDone, .wrongValue]
    return Violation.Kind.allCases.filter { always.contains($0) || count(of: $0) > 0 }
  }

  // MARK: For people

  var lines: [String] {
    let table = TextTable(columns: [.init("", 44, .left), .init("", 10), .init("", 0, .left)])
    func row(_ title: String, _ number: Int, _ remark: String = "") -> String {
      table.line([title, Figure.grouped(number), remark])
    }
    var lines = [
      "irminsul-bench faults: \(setting.place.rawValue) store, \(setting.algorithm.rawValue) ids, "
        + "layout \(setting.layout.rawValue), "
        + "seed \(setting.seed), \(setting.processes) processes of \(setting.writers) writers, "
        + "\(Figure.text(seconds)) s", "", "faults injected",
    ]
    lines += faults.map { row("  " + $0.kind.rawValue, $0.count) }
    lines += ["", "operations", row("  attempts", attempts), row("  acknowledged", acknowledged)]
    lines += [
      row("  refused: not done, says the library", refused),
      row("  unknown: no answer was seen", unknown, "\(Figure.grouped(unknownDone)) were done"),
      row("  tried again with the same token", retried),
      row("  of a killed process, by its successor", inherited),
    ]
    if setting.place == .redis {
      lines.append(row("  answers that it was done before", doneAnswers))
    }
    lines += ["", "store", row("  commits of all branches", commits)]
    if let collection {
      lines += [
        row("  newest commits that stay of each branch", collection.retention),
        row("  collections of garbage", collection.collections),
        row("  cuts of a history", collection.cuts),
        row("  objects removed", Int(collection.removed)),
        row("  outages that collectors have met", collection.outages),
      ]
    }
    lines += counters.map {
      row(
        "  " + $0.path, Int($0.value),
        "between \(Figure.grouped(Int($0.least))) and \(Figure.grouped(Int($0.most)))")
    }
    lines.append(row("  verify: objects", verifiedObjects))
    lines.append(row("  verify: faults", verifyFaults))
    lines += ["", "broken promises"]
    lines += shownKinds.map { row("  " + $0.rawValue, count(of: $0)) }
    if !violations.isEmpty { lines.append("") }
    // Enough to begin with; the rest is usually of the same kind.
    lines += violations.prefix(Self.shownViolations).map(\.description)
    if violations.count > Self.shownViolations {
      lines.append("and \(violations.count - Self.shownViolations) more: --json lists all")
    }
    if let folder { lines += ["", "Records and data: \(folder)"] }
    return lines
  }

  private static let shownViolations = 40
}

extension FaultReport: Encodable {
  private enum CodingKeys: String, CodingKey {
    case scenario, store, hash, layout, seed, processes, writers, seconds, faults, operations,
      attempts
    case acknowledged, refused, unknown, retried, inherited, commits, counters, lost, duplicated
    case violations, folder
    case collection, kills
    case unknownDone = "unknown_done"
    case doneAnswers = "done_answers"
    case verifiedObjects = "verify_objects"
    case verifyFaults = "verify_faults"
  }

  private struct ViolationFields: Encodable {
    let kind: Violation.Kind
    let text: String
  }

  func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode("faults", forKey: .scenario)
    try values.encode(setting.place, forKey: .store)
    try values.encode(setting.algorithm.rawValue, forKey: .hash)
    try values.encode(setting.layout.rawValue, forKey: .layout)
    try values.encode(setting.seed, forKey: .seed)
    try values.encode(setting.processes, forKey: .processes)
    try values.encode(setting.writers, forKey: .writers)
    try values.encode(seconds, forKey: .seconds)
    try values.encode(
      Dictionary(uniqueKeysWithValues: faults.map { ($0.kind.rawValue, $0.count) }),
      forKey: .faults)
    try values.encode(operations, forKey: .operations)
    try values.encode(attempts, forKey: .attempts)
    try values.encode(acknowledged, forKey: .acknowledged)
    try values.encode(refused, forKey: .refused)
    try values.encode(unknown, forKey: .unknown)
    try values.encode(unknownDone, forKey: .unknownDone)
    try values.encode(retried, forKey: .retried)
    try values.encode(inherited, forKey: .inherited)
    try values.encode(doneAnswers, forKey: .doneAnswers)
    try values.encode(commits, forKey: .commits)
    try values.encode(collection, forKey: .collection)
    try values.encode(
      faults.reduce(0) { $0 + ($1.kind.isKill ? $1.count : 0) }, forKey: .kills)
    try values.encode(counters, forKey: .counters)
    try values.encode(count(of: .lost), forKey: .lost)
    try values.encode(count(of: .duplicated), forKey: .duplicated)
    try values.encode(verifiedObjects, forKey: .verifiedObjects)
    try values.encode(verifyFaults, forKey: .verifyFaults)
    try values.encode(
      violations.map { ViolationFields(kind: $0.kind, text: $0.text) }, forKey: .violations)
    try values.encode(folder, forKey: .folder)
  }
}
