import Irminsul

/// Chooses what a writer does next, by a seed.
struct OperationFactory {
  /// What is chosen, and how.
  struct Choice {
    var operation: StoreOperation
    /// Whether the writer gives a token, with which it can try again.
    var hasToken: Bool
    /// After how long the call is cancelled; nil: never.
    var patience: Duration?
  }

  private var generator: SeededGenerator

  init(seed: UInt64, process: Int, life: Int, writer: Int) {
    generator = SeededGenerator(seed: seed, stream: [2, process, life, writer])
  }

  /// - Parameter read: The present value at a path, for operations that rely on what is there.
  mutating func next(
    _ id: OperationID, read: (String) async throws -> String
  ) async throws -> Choice {
    let own = "\(id.process)-\(id.writer)"
    // Sets and logs are written anew by each change, so none grows for ever.
    let volume = id.number / 100
    let operation: StoreOperation
    var hasToken = Bool.random(using: &generator)
    switch Int.random(in: 0..<100, using: &generator) {
    case ..<30: operation = .set(path: "own/\(own)", value: "operation \(id)")
    case ..<55:
      operation = .increment(
        path: pick(StoreOperation.counters), amount: Int64.random(in: 1...9, using: &generator))
    case ..<65: operation = .insert(path: "sets/\(volume)", line: "\(id)")
    case ..<75: operation = .append(path: "logs/\(volume)", line: "\(id)")
    case ..<82:
      let flag = pick(StoreOperation.flags)
      let present = try await read(flag)
      operation = .exchange([
        StoreOperation.Exchange(
          path: flag, expected: present, value: present == "on" ? "off" : "on")
      ])
    case ..<85:
      operation = try await transferByExchange(read)
      hasToken = true
    case ..<92:
      let (from, to) = twoAccounts()
      operation = .transfer(from: from, to: to, amount: amount())
      hasToken = false
    default: operation = .setEverywhere(path: "everywhere/\(own)", value: "operation \(id)")
    }
    let isImpatient = Int.random(in: 0..<100, using: &generator) < (hasToken ? 30 : 8)
    return Choice(
      operation: operation, hasToken: hasToken,
      patience: isImpatient ? generator.duration(5...500) : nil)
  }

  /// A pause before another attempt.
  mutating func pause() -> Duration { generator.duration(1...60) }

  /// The same amount again and again, so that accounts often have a balance that they had before.
  private mutating func amount() -> Int64 { Int64.random(in: 1...2, using: &generator) }

  private mutating func pick(_ paths: [String]) -> String {
    paths[Int.random(in: 0..<paths.count, using: &generator)]
  }

  private mutating func twoAccounts() -> (String, String) {
    let shuffled = StoreOperation.accounts.shuffled(using: &generator)
    return (shuffled[0], shuffled[1])
  }

  private mutating func transferByExchange(
    _ read: (String) async throws -> String
  ) async throws -> StoreOperation {
    let (from, to) = twoAccounts()
    let amount = amount()
    var parts: [StoreOperation.Exchange] = []
    for (account, change) in [(from, -amount), (to, amount)] {
      let text = try await read(account)
      guard let balance = Int64(text) else {
        throw BenchError("the balance of \(account) is \"\(text)\"")
      }
      parts.append(
        StoreOperation.Exchange(path: account, expected: text, value: "\(balance + change)"))
    }
    return .exchange(parts)
  }
}
