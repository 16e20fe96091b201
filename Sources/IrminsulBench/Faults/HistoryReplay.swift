/// What the values of a branch should be: its operations, made again one after the other on plain
/// dictionaries.
struct HistoryReplay {
  private(set) var values: [String: String]
  /// Exchanges that were made although the values were others.
  private(set) var staleExchanges: [OperationID] = []
  private var sets: [String: Set<String>] = [:]
  private var logs: [String: [String]] = [:]
  private var counters: [String: Int64] = [:]

  /// - Parameter values: Those that the branch begins with.
  init(_ values: [String: String]) {
    self.values = values
  }

  mutating func apply(_ operation: StoreOperation, _ id: OperationID) {
    switch operation {
    case .set(let path, let value), .setEverywhere(let path, let value): values[path] = value
    case .increment(let path, let amount):
      let start = values[path].flatMap { Int64($0.dropLast()) } ?? 0
      counters[path, default: start] += amount
    case .insert(let path, let line):
      let start = Set(lines(at: path))
      sets[path, default: start].insert(line)
    case .append(let path, let line):
      let start = lines(at: path)
      logs[path, default: start].append(line)
    case .exchange(let parts):
      if parts.contains(where: { values[$0.path] != $0.expected }) { staleExchanges.append(id) }
      for part in parts { values[part.path] = part.value }
    case .transfer(let from, let to, let amount):
      add(-amount, to: from)
      add(amount, to: to)
    }
  }

  /// All values at the end.
  func end() -> [String: String] {
    var values = values
    for (path, value) in counters { values[path] = "\(value)\n" }
    for (path, lines) in logs { values[path] = lines.map { $0 + "\n" }.joined() }
    for (path, lines) in sets {
      let sorted = lines.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      values[path] = sorted.map { $0 + "\n" }.joined()
    }
    return values
  }

  /// What a set or a log begins with.
  private func lines(at path: String) -> [String] {
    values[path]?.split(separator: "\n").map(String.init) ?? []
  }

  private mutating func add(_ amount: Int64, to account: String) {
    let balance = values[account].flatMap { Int64($0) } ?? 0
    values[account] = "\(balance + amount)"
  }
}
