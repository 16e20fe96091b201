import Foundation
import Irminsul
import IrminsulTestKit
import RedisScripting
import Testing

/// Histories of concurrent transactions, each held against the same transactions run one after
/// another in the order of their commits.
@Suite struct SerialisabilityTests {
  /// What one transaction has seen and done, with values that nobody else writes.
  private struct Entry: Sendable {
    var reads: [Path: String?] = [:]
    var listings: [Path: [String]] = [:]
    var writes: [Path: String?] = [:]
    var position: Int64 = 0
    var attempts = 0
  }

  private final class History: Sendable {
    private let entries = Locked<[Entry]>([])

    func add(_ entry: Entry) { entries.withLock { $0.append(entry) } }

    /// In the order of the commits.
    var all: [Entry] { entries.withLock { $0 }.sorted { $0.position < $1.position } }
  }

  @Test(arguments: ["memory:", "redis", "redis sha256", "redis wide"])
  func everyHistoryHasASerialOrder(_ place: String) async throws {
    let url =
      place == "memory:"
      ? place
      : try await TestServers.shared.plain().url + "?name=\(TestServers.freshName())"
        + (place.hasSuffix("sha256") ? "&hash=sha256" : "")
        + (place.hasSuffix("wide") ? "&layout=wide" : "")
    let repository = try await Repository.open(url)
    let main = repository.branch()
    let history = History()
    let paths = (0..<6).map { Path("d\($0 % 2)/k\($0)") }
    // Enough for directories that are parted.
    let others = place.hasSuffix("wide") ? (0..<60).map { "k\($0)-" } : []
    if !others.isEmpty {
      try await main.commit(
        try others.flatMap { [try .set(Path("d0/\($0)"), ""), try .set(Path("d1/\($0)"), "")] },
        "Others")
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for worker in 0..<8 {
        group.addTask {
          for round in 0..<(place.hasSuffix("sha256") ? 8 : 30) {
            var entry = Entry()
            let result = try await main.transaction("\(worker) \(round)") { tx in
              entry = Entry()
              for _ in 0..<Int.random(in: 1...3) {
                guard let path = paths.randomElement() else { continue }
                // A read of one's own write says nothing about others.
                if entry.writes[path] == nil {
                  entry.reads[path] = .some(try await tx.find(path, as: String.self))
                }
                if Int.random(in: 0..<4) == 0, entry.writes.isEmpty {
                  let folder = Path("d\(Int.random(in: 0...1))")
                  entry.listings[folder] = try await tx.list(folder).map(\.text)
                }
                guard let target = paths.randomElement() else { continue }
                if Int.random(in: 0..<5) == 0 {
                  try tx.remove(target)
                  entry.writes[target] = .some(nil)
                } else {
                  let value = "\(worker)-\(round)-\(UInt32.random(in: 0 ... .max))"
                  try tx.set(target, to: value)
                  entry.writes[target] = value
                }
              }
            }
            entry.attempts = result.attempts
            guard case .committed(_, let position) = result.write else { continue }
            entry.position = position
            history.add(entry)
          }
        }
      }
      try await group.waitForAll()
    }
    let entries = history.all
    #expect(Set(entries.map(\.position)).count == entries.count)
    #expect(entries.count > 40)
    var state: [Path: String] = [:]
    for entry in entries {
      for (path, seen) in entry.reads {
        #expect(state[path] == seen, "position \(entry.position) read \(path)")
      }
      for (folder, seen) in entry.listings {
        let names = state.keys.filter { $0.parent == folder }
          .compactMap { $0.steps.last.map { String(decoding: $0, as: UTF8.self) } }
        #expect(
          (names + others).sorted() == seen.sorted(), "position \(entry.position) listed \(folder)")
      }
      for (path, value) in entry.writes { state[path] = value }
    }
    for path in paths { #expect(try await main.find(path, as: String.self) == state[path]) }
    await repository.close()
  }

  /// Two that read what the other writes: under snapshot isolation both could go through.
  @Test func thereIsNoWriteSkew() async throws {
    let repository = try await Repository.open("memory:")
    let main = repository.branch()
    for _ in 0..<50 {
      try await main.commit([.set("on-call/ada", "yes"), .set("on-call/bob", "yes")], "Both")
      await withTaskGroup(of: Void.self) { group in
        for (me, other) in [("ada", "bob"), ("bob", "ada")] as [(String, String)] {
          group.addTask {
            _ = try? await main.transaction("Go home") { tx in
              if try await tx.mem(Path("on-call/\(other)")) { try tx.remove(Path("on-call/\(me)")) }
            }
          }
        }
      }
      #expect(try await main.list("on-call").count == 1)
    }
    await repository.close()
  }
}
