import GitObjects
import Irminsul
import RedisScripting

/// Makes an operation by the library's public calls, and says what came of it.
struct OperationCall {
  let repository: Repository
  let id: OperationID
  let operation: StoreOperation
  let token: RequestToken?

  private var main: Branch { repository.branch(StoreOperation.mainBranch) }
  private var info: Info { Info(StoreOperation.message(id)) }

  /// - Parameter patience: After how long the call is cancelled; nil: never.
  func answer(within patience: Duration?) async -> RecordLine.Answer {
    do {
      let results =
        if let patience { try await cancelled(after: patience) } else { try await make() }
      let places = results.compactMap { result -> RecordLine.CommitPlace? in
        guard case .committed(let commit, let position) = result else { return nil }
        return RecordLine.CommitPlace(id: commit.id.hex, position: position)
      }
      guard places.count == operation.branches.count else {
        return .unexpected("the answer was that nothing had changed")
      }
      return .acknowledged(places)
    } catch {
      return answer(to: error)
    }
  }

  private func cancelled(after patience: Duration) async throws -> [WriteResult] {
    try await withThrowingTaskGroup(of: [WriteResult]?.self) { group in
      group.addTask { try await make() }
      group.addTask {
        try? await Task.sleep(for: patience)
        return nil
      }
      // The answer counts also when it comes in spite of the cancellation.
      for try await results in group {
        group.cancelAll()
        if let results { return results }
      }
      throw BenchError("a call has ended without an answer")
    }
  }

  private func make() async throws -> [WriteResult] {
    switch operation {
    case .set(let path, let value): try await commit([.set(Path(path), value)])
    case .increment(let path, let amount):
      try await commit([.increment(Path(path), by: amount)])
    case .insert(let path, let line): try await commit([.insert(Path(path), line)])
    case .append(let path, let line): try await commit([.append(Path(path), line)])
    case .exchange(let parts):
      try await commit(
        parts.map { part in
          try BranchEdit.set(Path(part.path), part.value).expecting(entry(of: part.expected))
        })
    case .transfer(let from, let to, let amount):
      [
        try await main.transaction(info) { transaction in
          for (path, change) in [(Path(from), -amount), (Path(to), amount)] {
            let text = try await transaction.get(path, as: String.self)
            guard let balance = Int64(text) else {
              throw BenchError("the balance of \(path) is \"\(text)\"")
            }
            try transaction.set(path, to: "\(balance + change)")
          }
        }.write
      ]
    case .setEverywhere(let path, let value):
      try await repository.commit(
        try StoreOperation.branches.map { branch in
          BranchCommit(branch, [try .set(Path(path), value)], info)
        }, token: token)
    }
  }

  private func commit(_ edits: [BranchEdit]) async throws -> [WriteResult] {
    [try await main.commit(edits, info, token: token)]
  }

  private func entry(of value: String) -> Entry {
    let blob = FramedObject(kind: .blob, content: value.utf8)
    return Entry(mode: .blob, id: blob.id(repository.algorithm))
  }

  /// What the library promises by an error.
  private func answer(to error: any Error) -> RecordLine.Answer {
    let text = "\(error)".split(separator: "\n").first.map(String.init) ?? ""
    switch error {
    case StoreError.conflict, StoreError.tooManyAttempts: return .refused(text)
    // It is done, and nothing of it is to be found: histories are cut meanwhile.
    case StoreError.outcomeUnknown, StoreError.commitRemoved: return .lost(text)
    case StoreError.host(let error):
      switch error {
      case .answerLost: return .lost(text)
      case .unreachable, .notSent: return .notDone(text)
      case .refused(_, _, let refusal) where refusal.code == "LOADING": return .notDone(text)
      case .storage(_, let reason, _) where reason.hasPrefix("another process"):
        return .notDone(text)
      default: return .unexpected(text)
      }
    // The cancellation came while the library waited between two attempts.
    case is CancellationError: return .lost(text)
    default: return .unexpected(text)
    }
  }
}
