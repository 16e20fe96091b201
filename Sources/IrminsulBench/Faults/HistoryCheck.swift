/// Holds what writers have recorded against what the store holds.
///
/// Pure: records and history come in, violations go out.
struct HistoryCheck {
  private let record: RunRecord
  private let history: StoreHistory
  /// How many of the newest commits of each branch are to be there; nil: all.
  private let retention: Int?
  /// Positions in the log by the commit that a branch came to.
  private let positions: [String: Int64]
  /// The places of each operation in the history of each branch.
  private let places: [String: [OperationID: [Int]]]
  private(set) var violations: [Violation] = []
  private(set) var counters: [CounterBounds] = []

  /// - Parameter startingValues: What the main branch held before the run.
  init(
    _ record: RunRecord, _ history: StoreHistory, retention: Int? = nil,
    startingValues: [String: String] = StoreOperation.startingValues
  ) {
    self.record = record
    self.history = history
    self.retention = retention
    positions = Dictionary(
      history.log.compactMap { entry in entry.new.map { ($0, entry.position) } },
      uniquingKeysWith: { $1 })
    places = history.commits.mapValues { entries in
      var places: [OperationID: [Int]] = [:]
      for (place, entry) in entries.enumerated() {
        if let id = entry.operation { places[id, default: []].append(place) }
      }
      return places
    }
    let operations = record.operations.values.sorted { $0.id < $1.id }
    for operation in operations { checkOnce(operation) }
    checkUnasked()
    for operation in operations { checkAnswers(of: operation) }
    checkOrder(operations)
    checkCuts()
    for branch in StoreOperation.branches {
      checkValues(of: branch, branch == StoreOperation.mainBranch ? startingValues : [:])
    }
    checkCounters(operations)
    checkLog()
  }

  private mutating func add(_ kind: Violation.Kind, _ text: String) {
    violations.append(Violation(kind, text))
  }

  // MARK: Each operation

  /// How often an operation is in the history of each of its branches.
  private mutating func checkOnce(_ operation: RecordedOperation) {
    let branches = operation.operation.branches
    let found = branches.map { places[$0]?[operation.id] ?? [] }
    for (number, branch) in branches.enumerated() where found[number].count > 1 {
      let commits = found[number].map { commit(branch, $0) }.joined(separator: ", ")
      add(.duplicated, "commits \(commits) of branch \(branch): \(operation.description)")
    }
    let isSomewhere = found.contains { !$0.isEmpty }
    let missing = zip(branches, found).filter { $1.isEmpty && !isCutOff(operation, on: $0) }
      .map(\.0)
    if isSomewhere, !missing.isEmpty {
      let absent = missing.joined(separator: ", ")
      let present = zip(branches, found).flatMap { branch, places in
        places.map { "\(commit(branch, $0)) of branch \(branch)" }
      }.joined(separator: ", ")
      add(.halfDone, "commit \(present), nothing on \(absent): \(operation.description)")
    }
    switch operation.outcome {
    case .acknowledged where !isSomewhere && !missing.isEmpty:
      let commits = (operation.commits ?? []).map(\.id).joined(separator: ", ")
      add(.lost, "commit \(commits): \(operation.description)")
    case .refused where isSomewhere:
      let commits = zip(branches, found).flatMap { branch, places in
        places.map { commit(branch, $0) }
      }.joined(separator: ", ")
      add(.refusedButDone, "commit \(commits): \(operation.description)")
    default: break
    }
  }

  /// Whether what an operation has made of a branch may be older than all that the branch has kept.
  private func isCutOff(_ operation: RecordedOperation, on branch: String) -> Bool {
    guard history.starts[branch] != nil, let oldest = history.commits[branch]?.first,
      let start = positions[oldest.commit]
    else { return false }
    let branches = operation.operation.branches
    if let commits = operation.commits, commits.count == branches.count,
      let number = branches.firstIndex(of: branch)
    {
      return commits[number].position < start
    }
    // Commits of one operation have positions side by side.
    let known = branches.lazy.compactMap { name in
      places[name]?[operation.id]?.first.flatMap { positions[commit(name, $0)] }
    }.first
    guard let known else { return true }
    return known - Int64(branches.count) < start
  }

  /// Whether each branch has kept just as much of its history as it should.
  private mutating func checkCuts() {
    for (branch, entries) in history.commits.sorted(by: { $0.key < $1.key }) {
      let isCut = history.starts[branch] != nil
      guard let retention else {
        if isCut { add(.wrongCut, "branch \(branch) is to keep all of its history, and was cut") }
        continue
      }
      if isCut ? entries.count != retention : entries.count > retention {
        add(
          .wrongCut,
          "branch \(branch) has \(entries.count) commits, and its newest \(retention) were to stay")
      }
      if isCut, let oldest = entries.first, positions[oldest.commit] == nil {
        add(.wrongLog, "it has no entry of \(oldest.commit), the oldest commit of branch \(branch)")
      }
    }
  }

  private func commit(_ branch: String, _ place: Int) -> String {
    history.commits[branch]?[place].commit ?? "?"
  }

  /// Commits that no operation explains, or on another branch than its own.
  private mutating func checkUnasked() {
    for (branch, entries) in history.commits.sorted(by: { $0.key < $1.key }) {
      for (place, entry) in entries.enumerated() {
        guard let id = entry.operation else {
          // The one that has prepared the store.
          let isWhole = history.starts[branch] == nil
          if branch == StoreOperation.mainBranch, place == 0, isWhole { continue }
          add(.unasked, "commit \(entry.commit) of branch \(branch) is no writer's")
          continue
        }
        guard let operation = record.operations[id] else {
          add(
            .unasked,
            "commit \(entry.commit) of branch \(branch): operation \(id), \(id.writerName), "
              + "is in no record")
          continue
        }
        if !operation.operation.branches.contains(branch) {
          add(.unasked, "commit \(entry.commit) of branch \(branch): \(operation.description)")
        }
      }
    }
  }

  /// Whether what was acknowledged is what is there.
  private mutating func checkAnswers(of operation: RecordedOperation) {
    for error in operation.unexpectedErrors {
      add(.unexpectedError, "\(error): \(operation.description)")
    }
    for (branch, answer) in zip(operation.operation.branches, operation.commits ?? []) {
      let found = (places[branch]?[operation.id] ?? []).map { commit(branch, $0) }
      if !found.isEmpty, !found.contains(answer.id) {
        add(
          .wrongAnswer,
          "commit \(answer.id) was acknowledged, \(found.joined(separator: ", ")) is on branch "
            + "\(branch): \(operation.description)")
      }
      guard let first = history.log.first, answer.position >= first.position else { continue }
      let place = Int(answer.position - first.position)
      guard history.log.indices.contains(place), history.log[place].branch == branch,
        history.log[place].new == answer.id
      else {
        add(
          .wrongAnswer,
          "commit \(answer.id) was acknowledged at position \(answer.position), where the log has "
            + "something else: \(operation.description)")
        continue
      }
    }
  }

  // MARK: Order

  private mutating func checkOrder(_ operations: [RecordedOperation]) {
    // A writer begins nothing before the last thing was answered.
    struct Writer: Hashable { var process, life, writer: Int }
    var last: [Writer: (place: Int, id: OperationID)] = [:]
    for operation in operations where operation.outcome == .acknowledged {
      let id = operation.id
      let writer = Writer(process: id.process, life: id.life, writer: id.writer)
      guard let place = places[StoreOperation.mainBranch]?[id]?.first else { continue }
      if let before = last[writer], before.place > place {
        add(
          .outOfOrder,
          "commit \(commit(StoreOperation.mainBranch, place)) comes before that of operation "
            + "\(before.id), which came first: \(operation.description)")
      }
      last[writer] = (place, id)
    }
    // What concerns all branches has one order.
    let orders = StoreOperation.branches.map { branch in
      let order = (history.commits[branch] ?? []).compactMap(\.operation).filter {
        record.operations[$0]?.operation.branches == StoreOperation.branches
      }
      // Of histories that are cut the ends correspond, not the beginnings.
      return history.starts.isEmpty ? order : order.reversed()
    }
    for (branch, order) in zip(StoreOperation.branches, orders).dropFirst() {
      guard let differing = zip(orders[0], order).first(where: { $0.0 != $0.1 }),
        let operation = record.operations[differing.1]
      else { continue }
      add(
        .outOfOrder,
        "on branch \(branch) it comes where operation \(differing.0) comes on branch "
          + "\(StoreOperation.branches[0]): \(operation.description)")
    }
  }

  // MARK: Values

  private mutating func checkValues(of branch: String, _ startingValues: [String: String]) {
    let start = history.starts[branch]
    var replay = HistoryReplay(start ?? startingValues)
    for entry in (history.commits[branch] ?? []).dropFirst(start == nil ? 0 : 1) {
      guard let id = entry.operation, let operation = record.operations[id] else { continue }
      replay.apply(operation.operation, id)
    }
    for id in replay.staleExchanges {
      guard let operation = record.operations[id] else { continue }
      let commits = (places[branch]?[id] ?? []).map { commit(branch, $0) }.joined(separator: ", ")
      add(.staleExchange, "commit \(commits): \(operation.description)")
    }
    let expected = replay.end()
    let found = history.values[branch] ?? [:]
    for path in Set(expected.keys).union(found.keys).sorted() where expected[path] != found[path] {
      add(
        .wrongValue,
        "\(path) of branch \(branch) is \(Self.short(found[path])), by the history "
          + Self.short(expected[path]))
    }
  }

  private static func short(_ value: String?) -> String {
    guard let value else { return "absent" }
    return value.count > 60
      ? "\"\(value.prefix(30))…\" (\(value.utf8.count) bytes)" : "\"\(value)\""
  }

  private mutating func checkCounters(_ operations: [RecordedOperation]) {
    var least: [String: Int64] = [:]
    var most: [String: Int64] = [:]
    for operation in operations {
      guard case .increment(let path, let amount) = operation.operation else { continue }
      switch operation.outcome {
      case .acknowledged:
        least[path, default: 0] += amount
        most[path, default: 0] += amount
      case .unknown: most[path, default: 0] += amount
      case .refused: break
      }
    }
    for path in most.keys.sorted() {
      let text = history.values[StoreOperation.mainBranch]?[path] ?? "0\n"
      guard let value = Int64(text.dropLast()) else {
        add(.wrongValue, "\(path) holds \(Self.short(text)), which is no counter")
        continue
      }
      let bounds = CounterBounds(
        path: path, value: value, least: least[path] ?? 0, most: most[path] ?? 0)
      counters.append(bounds)
      if !bounds.holds {
        add(
          .counterOutOfBounds,
          "\(path) is \(value), by the records at least \(bounds.least) and at most \(bounds.most)")
      }
    }
  }

  // MARK: The log

  private mutating func checkLog() {
    for (entry, next) in zip(history.log, history.log.dropFirst())
    where next.position != entry.position + 1 {
      add(.wrongLog, "position \(next.position) follows \(entry.position)")
    }
    for (branch, commits) in history.commits.sorted(by: { $0.key < $1.key }) {
      var logged = history.log.filter { $0.branch == branch }
      // The log remembers what has been cut off.
      if history.starts[branch] != nil { logged = logged.suffix(commits.count) }
      // The oldest entries may have been trimmed.
      let newest = commits.suffix(logged.count)
      if logged.count > commits.count || logged.map(\.new) != newest.map(\.commit) {
        add(.wrongLog, "it has other commits than branch \(branch)")
      }
      for (entry, next) in zip(logged, logged.dropFirst()) where next.old != entry.new {
        add(
          .wrongLog,
          "branch \(branch) was left at \(entry.new ?? "nothing") and found at "
            + "\(next.old ?? "nothing") at position \(next.position)")
      }
    }
  }
}
