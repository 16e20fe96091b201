import GitObjects
import RedisScripting

/// Gathers the commits that tasks of one process ask for on one branch within a short time, and makes
/// one commit of them.
actor Coalescer {
  private struct Caller {
    let edits: [BranchEdit]
    let info: Info
    let continuation: CheckedContinuation<WriteResult, any Error>
  }

  private let branch: Branch
  private let window: Duration
  private var waiting: [Caller] = []
  private var isGathering = false

  /// Of one commit; a fuller one does not wait for its time.
  private static let editLimit = 900

  init(_ branch: Branch, window: Duration) {
    self.branch = branch
    self.window = window
  }

  func commit(_ edits: [BranchEdit], _ info: Info) async throws -> WriteResult {
    try await withCheckedThrowingContinuation { continuation in
      waiting.append(Caller(edits: edits, info: info, continuation: continuation))
      if waiting.reduce(0, { $0 + $1.edits.count }) >= Self.editLimit {
        flush()
      } else if !isGathering {
        isGathering = true
        Task {
          try? await Task.sleep(for: window)
          self.flush()
        }
      }
    }
  }

  private func flush() {
    isGathering = false
    var callers = waiting
    waiting = []
    // Those that meet on a path follow each other in commits of their own.
    Task {
      while !callers.isEmpty {
        var batch: [Caller] = []
        var later: [Caller] = []
        var size = 0
        for caller in callers {
          let fits = batch.isEmpty || size + caller.edits.count <= Self.editLimit
          if fits, later.isEmpty, !batch.contains(where: { Self.meet($0.edits, caller.edits) }) {
            batch.append(caller)
            size += caller.edits.count
          } else {
            later.append(caller)
          }
        }
        callers = later
        await self.commit(batch)
      }
    }
  }

  /// Whether what one does may show to the other, or the other's test to it. Actions on one value do
  /// not: they may be made one after another in one commit.
  private static func meet(_ first: [BranchEdit], _ second: [BranchEdit]) -> Bool {
    for one in first {
      for other in second
      where one.path.starts(with: other.path) || other.path.starts(with: one.path) {
        if one.isCheck && other.isCheck { continue }
        if one.path == other.path, one.isUntestedAction, other.isUntestedAction { continue }
        return true
      }
    }
    return false
  }

  private func commit(_ callers: [Caller]) async {
    var callers = callers
    while !callers.isEmpty {
      do {
        let result = try await branch.commit(callers.flatMap(\.edits), Self.info(of: callers))
        for caller in callers { caller.continuation.resume(returning: result) }
        return
      } catch StoreError.conflict(let name, let conflicts) where callers.count > 1 {
        let paths = Set(conflicts.map(\.path))
        let (failing, rest) = Self.split(callers, paths)
        if failing.isEmpty {
          for caller in callers {
            caller.continuation.resume(throwing: StoreError.conflict(branch: name, conflicts))
          }
          return
        }
        // Alone, each hears of its own conflict, or finds that it has none any more.
        for caller in failing { await commit([caller]) }
        callers = rest
      } catch StoreError.host(let error) {
        // Not known to be undone, or nobody's fault.
        for caller in callers {
          caller.continuation.resume(throwing: StoreError.host(error))
        }
        return
      } catch  where callers.count > 1 {
        // Somebody's edit is not possible: alone, each hears of its own.
        for caller in callers { await commit([caller]) }
        return
      } catch {
        for caller in callers { caller.continuation.resume(throwing: error) }
        return
      }
    }
  }

  private static func split(
    _ callers: [Caller], _ paths: Set<Path>
  ) -> (failing: [Caller], rest: [Caller]) {
    var failing: [Caller] = []
    var rest: [Caller] = []
    for caller in callers {
      if caller.edits.contains(where: { paths.contains($0.path) }) {
        failing.append(caller)
      } else {
        rest.append(caller)
      }
    }
    return (failing, rest)
  }

  /// The first caller's author and date, and every message once.
  private static func info(of callers: [Caller]) -> Info {
    guard var info = callers.first?.info, callers.count > 1 else {
      return callers.first?.info ?? Info("")
    }
    var messages: [String] = []
    for caller in callers where !messages.contains(caller.info.message) {
      messages.append(caller.info.message)
    }
    info.message = messages.map { $0.hasSuffix("\n") ? String($0.dropLast()) : $0 }
      .joined(separator: "\n")
    return info
  }
}

extension BranchEdit {
  /// Whether this is an action on a value, with no test.
  fileprivate var isUntestedAction: Bool {
    if case .value = action { expectation == .none } else { false }
  }
}

extension Branch {
  /// This branch, with the commits that tasks of this process ask for through the handle gathered for
  /// up to a time into one.
  ///
  /// ```swift
  /// let branch = repository.branch("events").coalescing(within: .milliseconds(5))
  /// ```
  ///
  /// Each caller gets the commit that holds its edits; a caller whose expectation fails is the only
  /// one that fails. The commit has the first caller's author and date and everybody's messages.
  /// Commits with given parents or tokens, and empty ones, are made at once and alone. Copies of the
  /// handle share what is gathered; other handles do not.
  public func coalescing(within window: Duration) -> Branch {
    var plain = self
    plain.coalescer = nil
    var branch = plain
    branch.coalescer = Coalescer(plain, window: window)
    return branch
  }
}
