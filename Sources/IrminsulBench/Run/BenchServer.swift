import Foundation
import Irminsul
import IrminsulTestKit

/// Where a measurement takes place: a server of its own that is new each time, or a store of its own
/// name at a URL that was given.
final class BenchServer: Sendable {
  /// The URL without the store's name.
  let url: String
  let storeName: String
  private let server: RedisServer?

  /// - Parameter givenURL: nil for a server of its own.
  static func start(at givenURL: String?) async throws -> BenchServer {
    if let givenURL { return BenchServer(url: givenURL, server: nil) }
    do {
      let server = try await RedisServer.start()
      return BenchServer(url: server.url, server: server)
    } catch let error as FixtureError {
      throw BenchError("cannot start redis-server: \(error)\ninstall it, or name one with --store")
    }
  }

  private init(url: String, server: RedisServer?) {
    self.url = url
    self.server = server
    storeName = "bench-\(UInt32.random(in: 0 ... .max))"
  }

  /// Whether it is a Redis server, which counts what it does.
  var isRedis: Bool { url.hasPrefix("redis") }

  /// What the server has counted so far; nil for what is no plain Redis server.
  func counters() throws -> ServerCounters? {
    guard isRedis, !url.hasPrefix("rediss") else { return nil }
    return try ServerCounters(try RedisAddress(url: url).connect())
  }

  /// Ends the server, or deletes what the measurement has left on the one that was given.
  func stop() async {
    if let server { return server.stop() }
    try? await Repository.deleteStore(
      named: storeName, at: url + (url.contains("?") ? "&" : "?") + "name=" + storeName,
      environment: ProcessInfo.processInfo.environment)
    guard isRedis, let connection = try? RedisAddress(url: url).connect() else { return }
    try? PeerStore(name: storeName).delete(over: connection)
  }
}
