import Foundation
import GitObjects
import Irminsul
import IrminsulTestKit
import RedisScripting
import Testing

@testable import IrminsulBench

/// The writers do what they are compared for: every commit that they count is there.
@Suite struct WriterTests {
  private static let shape = TreeShape(widths: [3, 3, 3])
  private static let writers = 6
  private static let commits = 120

  private func plan(_ method: Method, _ layout: Layout, on store: BenchStore) -> WorkerPlan {
    WorkerPlan(
      activity: .write(method, layout), shape: Self.shape, url: store.url, storeName: store.name,
      firstWriter: 0, writers: Self.writers)
  }

  private func run(
    _ method: Method, _ layout: Layout, _ check: (BenchStore, WriterTally) async throws -> Void
  ) async throws {
    let store = try await BenchStore.start(at: .ownServer)
    try await store.fill(for: .write(method, layout), Self.shape)
    let team = try await plan(method, layout, on: store).team()
    let tally = try await team.run(Round(number: 1, limit: .commits(Self.commits)))
    await team.close()
    #expect(tally.firstFailure == nil)
    #expect(tally.done == Self.commits)
    #expect(tally.latency.count == Self.commits)
    try await check(store, tally)
    await store.stop()
  }

  /// Follows the objects of the reference layout from the head.
  private struct PeerWalk {
    let store: PeerStore
    let connection: RespConnection

    init(_ place: BenchStore) throws {
      store = PeerStore(name: place.name)
      connection = try RedisAddress(url: place.url).connect()
    }

    func object(_ id: ObjectID) throws -> FramedObject {
      let reply = try connection.call([Bytes("GET".utf8), store.key(of: id)])
      let object = try FramedObject(framed: try #require(reply.bytes))
      #expect(object.id(.sha1) == id)
      return object
    }

    /// The commits from the head to the first.
    func history() throws -> [CommitObject] {
      var commits: [CommitObject] = []
      var next: ObjectID? = try PeerStore.id(
        try connection.call([Bytes("GET".utf8), store.head]))
      while let id = next {
        let commit = try CommitObject(try object(id), algorithm: .sha1)
        commits.append(commit)
        next = commit.parents.first
      }
      return commits
    }

    func value(_ path: [String], in commit: CommitObject) throws -> String {
      var id = commit.tree
      for step in path {
        let tree = try TreeObject(try object(id), algorithm: .sha1)
        id = try #require(tree.entry(named: step)).id
      }
      return String(decoding: try object(id).content, as: UTF8.self)
    }
  }

  @Test(arguments: [Method.reference, .document, .cas])
  func peersLoseNoUpdate(_ method: Method) async throws {
    try await run(method, .disjoint) { store, tally in
      let walk = try PeerWalk(store)
      let history = try walk.history()
      // One more: the one that filled the tree.
      #expect(history.count == Self.commits + 1)
      #expect(tally.attempts >= Self.commits)
      let head = try #require(history.first)
      var total = 0
      for writer in 0..<Self.writers {
        let value = try walk.value(Self.shape.leaf(writer), in: head)
        // One that came too late for a commit has left its leaf alone.
        if value == "leaf \(writer)" { continue }
        // "writer 3 round 1 number 17": its last commit is there, so none before it was lost.
        total += try #require(value.split(separator: " ").last.flatMap { Int($0) })
      }
      #expect(total == Self.commits)
      #expect(try walk.value(Self.shape.leaf(Self.writers), in: head) == "leaf \(Self.writers)")
    }
  }

  @Test(arguments: [Method.reference, .cas])
  func peersLoseNoIncrement(_ method: Method) async throws {
    try await run(method, .hot) { store, _ in
      let walk = try PeerWalk(store)
      let head = try #require(try walk.history().first)
      #expect(try walk.value(Self.shape.counter, in: head) == "\(Self.commits)\n")
    }
  }

  @Test(arguments: [Method.irminsul, .scriptLimit], [Layout.disjoint, .mixed])
  func theLibrarysCommitsAreInItsHistory(_ method: Method, _ layout: Layout) async throws {
    try await run(method, layout) { store, _ in
      let made = try await store.withRepository { try await $0.statistics().position }
      // One more: the one that filled the tree.
      #expect(made == Int64(Self.commits) + 1)
    }
  }

  /// The peers write the very trees that the library writes.
  @Test func theTreesAreTheSame() async throws {
    let store = try await BenchStore.start(at: .ownServer)
    try await store.fill(for: .write(.reference, .disjoint), Self.shape)
    try await store.fill(for: .write(.irminsul, .disjoint), Self.shape)
    let walk = try PeerWalk(store)
    let head = try #require(try walk.history().first)
    try await store.withRepository { repository in
      let branch = repository.branch()
      // The peers' counter is there from the start.
      try await branch.set(Path(steps: Self.shape.counter), to: "0\n", "Count")
      #expect(try await branch.hash(.root) == head.tree)
    }
    await store.stop()
  }
}
