import Irminsul

/// One task that changes the store without end, and records every attempt before it is made and every
/// answer when it has come.
struct FaultWriter {
  let plan: FaultWriterPlan
  /// Its number among the writers of its process.
  let number: Int
  let repository: Repository
  let record: RecordFile
  /// Whether no more is to be begun.
  let hasEnded: @Sendable () -> Bool

  /// What a killed process has left unanswered, to be done again with the same token.
  let inheritance: [RecordedOperation]

  func run() async throws {
    var factory = OperationFactory(
      seed: plan.seed, process: plan.process, life: plan.life, writer: number)
    for inherited in inheritance {
      try await perform(
        OperationCall(
          repository: repository, id: inherited.id, operation: inherited.operation,
          token: inherited.token), patience: nil, &factory)
    }
    var count = 0
    while !hasEnded() {
      count += 1
      let id = OperationID(
        process: plan.process, life: plan.life, writer: number, number: count)
      guard let (choice, token) = try await choose(id, &factory) else { continue }
      try await perform(
        OperationCall(
          repository: repository, id: id, operation: choice.operation, token: token),
        patience: choice.patience, &factory)
    }
  }

  /// What to do next; nil when what it relies on could not be read.
  private func choose(
    _ id: OperationID, _ factory: inout OperationFactory
  ) async throws -> (OperationFactory.Choice, RequestToken?)? {
    do {
      let choice = try await factory.next(id) { path in
        try await repository.branch(StoreOperation.mainBranch).get(Path(path), as: String.self)
      }
      return (choice, choice.hasToken ? try await repository.makeToken() : nil)
    } catch StoreError.host {
      try? await Task.sleep(for: factory.pause())
      return nil
    }
  }

  /// Makes an operation, and makes it again with the same token while it is not known to be done.
  private func perform(
    _ call: OperationCall, patience: Duration?, _ factory: inout OperationFactory
  ) async throws {
    let end = ContinuousClock.now + .seconds(plan.patience)
    var attempt = 1
    while true {
      let intent = RecordLine.Intent(operation: call.operation, token: call.token)
      try record.write(
        RecordLine(operation: call.id, attempt: attempt, intent: attempt == 1 ? intent : nil))
      let answer = await call.answer(within: patience)
      try record.write(RecordLine(operation: call.id, attempt: attempt, answer: answer))
      switch answer {
      case .acknowledged, .refused, .unexpected: return
      case .notDone, .lost:
        try? await Task.sleep(for: factory.pause())
        // Without a token a second attempt would be another operation.
        guard call.token != nil, ContinuousClock.now < end else { return }
      }
      attempt += 1
    }
  }
}
