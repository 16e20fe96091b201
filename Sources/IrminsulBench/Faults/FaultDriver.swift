import Foundation
import IrminsulTestKit

/// Injects faults into the server and the writers' processes, one after the other, at random moments.
struct FaultDriver {
  let store: FaultStore
  let processes: FaultWriterProcesses
  let processCount: Int
  /// nil when no garbage is collected.
  let collectors: FaultCollectors?
  /// For how long clients wait for an answer.
  let commandTimeout: Duration
  let tally: FaultTally
  let seed: UInt64

  /// Milliseconds between two faults: more where a collection of garbage is to come to something between two kills.
  private var gap: ClosedRange<Int> { collectors == nil ? 20...200 : 50...1000 }

  /// Goes on until `hasEnded`. It is not to be cancelled, which would leave a server that is down or
  /// stands still.
  func run(until hasEnded: @Sendable () -> Bool) async throws {
    var generator = SeededGenerator(seed: seed, stream: [3])
    var deck = FaultDeck(tally.kinds.filter { $0.injector == .driver })
    while !hasEnded(), let kind = deck.deal(&generator) {
      try await Task.sleep(for: generator.duration(gap))
      if try await inject(kind, &generator) { tally.add(kind) }
    }
  }

  /// - Returns: Whether anything was broken.
  private func inject(_ kind: FaultKind, _ generator: inout SeededGenerator) async throws -> Bool {
    switch kind {
    case .scriptFlush:
      return try store.server?.command("SCRIPT", "FLUSH").hasPrefix("+OK") ?? false
    case .clientKill:
      // The answer is how many there were.
      let reply = try store.server?.command("CLIENT", "KILL", "TYPE", "normal") ?? ""
      return reply.hasPrefix(":") && !reply.hasPrefix(":0")
    case .serverFreeze:
      // One in three is longer than the client's patience.
      let pause = commandTimeout * Double.random(in: 0.1...1.45, using: &generator)
      store.server?.freeze()
      defer { store.server?.thaw() }
      try await Task.sleep(for: pause)
      return store.server != nil
    case .serverKill:
      try await store.restartServer(after: generator.duration(0...600))
      return store.server != nil
    case .writerKill:
      let number = Int.random(in: 0..<processCount, using: &generator)
      return try await ThreadTeam.run { [processes] in try processes.replace(number) }
    case .collectorKill:
      guard let collectors else { return false }
      let number = Int.random(in: 0..<FaultCollectors.count, using: &generator)
      return try await ThreadTeam.run { try collectors.replace(number) }
    default: return false
    }
  }
}
