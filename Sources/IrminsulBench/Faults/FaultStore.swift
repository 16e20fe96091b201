import Foundation
import Irminsul
import IrminsulTestKit

/// The store of a run, the server or file below it, and the folder of the records.
final class FaultStore: Sendable {
  enum Place: String, CaseIterable, Codable, Sendable {
    case redis, file
  }

  private static let name = "faults"

  let place: Place
  let folder: URL
  /// nil for a file.
  let server: RedisServer?
  private let algorithm: HashAlgorithm
  private let layout: DirectoryLayout
  private let restart: Restart

  static func start(
    _ place: Place, _ algorithm: HashAlgorithm, _ layout: DirectoryLayout, _ restart: Restart
  ) async throws -> FaultStore {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "irminsul-faults-\(UInt32.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(
      at: folder.appending(path: "records"), withIntermediateDirectories: true)
    guard place == .redis else { return FaultStore(place, folder, nil, algorithm, layout, restart) }
    do {
      let server = try await RedisServer.start(RedisServer.Options(durability: .everyWrite))
      return FaultStore(place, folder, server, algorithm, layout, restart)
    } catch let error as FixtureError {
      try? FileManager.default.removeItem(at: folder)
      throw BenchError("cannot start redis-server: \(error)")
    }
  }

  private init(
    _ place: Place, _ folder: URL, _ server: RedisServer?, _ algorithm: HashAlgorithm,
    _ layout: DirectoryLayout, _ restart: Restart
  ) {
    self.place = place
    self.folder = folder
    self.server = server
    self.algorithm = algorithm
    self.layout = layout
    self.restart = restart
  }

  /// The store with nothing in between.
  var url: String {
    let items = "?name=\(Self.name)&hash=\(algorithm.rawValue)&layout=\(layout.rawValue)"
    return (server?.url ?? "file:\(folder.path)/store") + items
  }

  /// The store as writers reach it behind a proxy.
  ///
  /// - Parameter timeout: For how long they wait for a connection, and for an answer.
  func url(throughLocalPort port: Int, timeout: Duration) throws -> String {
    let milliseconds = max(1, timeout.nanoseconds / 1_000_000)
    return try RedisAddress.url(url, throughLocalPort: port)
      + "&timeout=\(milliseconds)ms&connect-timeout=\(milliseconds)ms"
      + "&backoff-min=5ms&backoff-max=100ms"
  }

  /// The record of a process.
  func record(process: Int, life: Int) -> URL {
    folder.appending(path: "records/process-\(process)-life-\(life).jsonl")
  }

  /// Calls `body` with the store, opened with nothing in between.
  func withRepository<Result>(_ body: (Repository) async throws -> Result) async throws -> Result {
    let repository = try await Repository.open(url)
    do {
      let result = try await body(repository)
      await repository.close()
      return result
    } catch {
      await repository.close()
      throw error
    }
  }

  /// Puts the values there that operations rely on.
  ///
  /// - Parameter retention: How many of the newest commits of each branch stay; nil: all.
  func prepare(retention: Int?) async throws {
    try await withRepository { repository in
      if let retention { try await repository.set(.retentionCommits, to: "\(retention)") }
      _ = try await repository.branch(StoreOperation.mainBranch).commit(
        try StoreOperation.startingValues.map { try .set(Path($0.key), $0.value) }, "Begin")
    }
  }

  /// Waits until the server has read everything that clients have left to it.
  func rest() async throws {
    guard let server else { return }
    let end = ContinuousClock.now + .seconds(30)
    while true {
      // One client: the one that asks.
      let connection = try RedisAddress(url: server.url).connect()
      if try ServerCounters(connection).clients <= 1 { return }
      guard ContinuousClock.now < end else {
        throw BenchError("the server has clients half a minute after the last writer has ended")
      }
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  /// On what a killed server starts.
  enum Restart: String, CaseIterable, Codable, Sendable {
    /// Its append-only file, after `redis-check-aof --fix` has taken away a write that was cut.
    case repaired
    /// Its append-only file as it is. Redis 7.0 leaves the beginning of a transaction that was cut there,
    /// and goes on writing behind it; the start after that applies it together with the next one.
    ///
    /// Source: https://github.com/valkey-io/valkey/pull/4342
    case asIs = "as-is"
  }

  /// Kills the server and starts it on its folder.
  ///
  /// - Parameter pause: For how long there is no server.
  func restartServer(after pause: Duration) async throws {
    guard let server else { return }
    server.kill()
    if restart == .repaired { try await repairAppendOnlyFile(of: server) }
    try await Task.sleep(for: pause)
    // Somebody's connection may have taken the port meanwhile, for a moment.
    let end = ContinuousClock.now + .seconds(60)
    while true {
      do {
        return try await server.restart()
      } catch {
        guard ContinuousClock.now < end else { throw BenchError("\(error)") }
        try await Task.sleep(for: .milliseconds(100))
      }
    }
  }

  private func repairAppendOnlyFile(of server: RedisServer) async throws {
    let folder = server.folder + "/appendonlydir"
    let files = try FileManager.default.contentsOfDirectory(atPath: folder)
    guard let manifest = files.first(where: { $0.hasSuffix(".manifest") }) else { return }
    // It asks before it takes anything away.
    _ = try await Program.output(
      of: ["redis-check-aof", "--fix", "\(folder)/\(manifest)"], input: Data("y\n".utf8))
  }

  /// What happens to the folder at the end.
  enum Remains {
    case deleted
    /// The server's data is put beside the records.
    case kept
  }

  func stop(_ remains: Remains) {
    server?.kill()
    switch remains {
    case .deleted: try? FileManager.default.removeItem(at: folder)
    case .kept:
      if let server {
        try? FileManager.default.copyItem(
          atPath: server.folder, toPath: folder.appending(path: "server").path)
      }
    }
    server?.stop()
  }
}
