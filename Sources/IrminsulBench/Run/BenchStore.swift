import Foundation
import GitObjects
import Irminsul
import IrminsulTestKit

/// The store of one measurement, and the server or file below it, which go with ``stop()``.
final class BenchStore: Sendable {
  /// The URL without the store's name.
  let url: String
  let name: String
  private let server: RedisServer?
  private let folder: URL?

  /// Calls `body` with a store that is there for it alone.
  static func with<Result>(
    _ place: Place, _ body: (BenchStore) async throws -> Result
  ) async throws -> Result {
    let store = try await start(at: place)
    do {
      let result = try await body(store)
      await store.stop()
      return result
    } catch {
      await store.stop()
      throw error
    }
  }

  static func start(at place: Place) async throws -> BenchStore {
    switch place {
    case .given(let url): return BenchStore(url: url)
    case .memory: return BenchStore(url: "memory:")
    case .file(let durability):
      let folder = FileManager.default.temporaryDirectory
        .appending(path: "irminsul-bench-\(UInt32.random(in: 0 ... .max))")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      return BenchStore(
        url: "file:\(folder.path)/store?durability=\(durability)", folder: folder)
    case .ownServer:
      do {
        let server = try await RedisServer.start()
        return BenchStore(url: server.url, server: server)
      } catch let error as FixtureError {
        throw BenchError(
          "cannot start redis-server: \(error)\nInstall it, or name one with --store URL.")
      }
    }
  }

  private init(url: String, server: RedisServer? = nil, folder: URL? = nil) {
    self.url = url
    self.server = server
    self.folder = folder
    name = "bench-\(UInt32.random(in: 0 ... .max))"
  }

  /// Whether the peers can speak to it, and it counts what it does.
  var isPlainRedis: Bool { url.hasPrefix("redis:") || url.hasPrefix("redis+unix:") }

  /// Whether it lives in the process that opens it, and nobody else sees it.
  var isPrivate: Bool { url.hasPrefix("memory:") }

  /// What the server has counted so far; nil for what is no plain Redis server.
  func counters() throws -> ServerCounters? {
    try isPlainRedis ? ServerCounters(try RedisAddress(url: url).connect()) : nil
  }

  /// What the server has counted when the clients of a measurement have left it, so that the memory
  /// is that of the data: at most as many as there were before.
  func restingCounters(clients: Int) async throws -> ServerCounters? {
    // A proxy tells the server of the end a little later.
    for _ in 0..<200 {
      guard let counters = try counters() else { return nil }
      if counters.clients <= clients { return counters }
      try await Task.sleep(for: .milliseconds(10))
    }
    return try counters()
  }

  /// Calls `body` with the store, opened as the library does.
  func withRepository<Result>(
    _ hash: HashAlgorithm = .sha1, _ layout: DirectoryLayout? = nil,
    _ body: (Repository) async throws -> Result
  ) async throws -> Result {
    let repository = try await IrminsulStore.open(url, name: name, hash, layout)
    do {
      let result = try await body(repository)
      await repository.close()
      return result
    } catch {
      await repository.close()
      throw error
    }
  }

  /// Ends the server and removes the file, or deletes what the measurement has left on a server that
  /// was given.
  func stop() async {
    if let folder { try? FileManager.default.removeItem(at: folder) }
    server?.stop()
    guard folder == nil, server == nil, !isPrivate else { return }
    try? await Repository.deleteStore(
      named: name, at: IrminsulStore.url(url, name: name),
      environment: ProcessInfo.processInfo.environment)
    guard isPlainRedis, let connection = try? RedisAddress(url: url).connect() else { return }
    try? PeerStore(name: name).delete(over: connection)
  }
}
