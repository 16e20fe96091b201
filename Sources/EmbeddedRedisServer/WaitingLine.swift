import RedisScripting

/// Commands that wait for elements of lists and sorted sets, in the order in which they came.
final class WaitingLine: Sendable {
  private struct Key: Hashable {
    let type: String
    let database: Int
    let name: Bytes
  }

  private struct State {
    var number = 0
    /// By the key, in their order.
    var waiting: [Key: [Int]] = [:]
    var keys: [Int: [Key]] = [:]
  }

  private let state = Locked(State())

  /// - Returns: Its number, for ``mayTry(_:)`` and ``leave(_:)``.
  func enter(_ keys: [Bytes], type: String, database: Int) -> Int {
    state.withLock { state in
      state.number += 1
      let wanted = Set(keys).map { Key(type: type, database: database, name: $0) }
      state.keys[state.number] = wanted
      for key in wanted { state.waiting[key, default: []].append(state.number) }
      return state.number
    }
  }

  /// Whether it is the first one for one of its keys.
  func mayTry(_ number: Int) -> Bool {
    state.withLock { state in
      (state.keys[number] ?? []).contains { state.waiting[$0]?.first == number }
    }
  }

  func leave(_ number: Int) {
    state.withLock { state in
      for key in state.keys.removeValue(forKey: number) ?? [] {
        let rest = (state.waiting[key] ?? []).filter { $0 != number }
        state.waiting[key] = rest.isEmpty ? nil : rest
      }
    }
  }
}
