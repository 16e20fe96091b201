import Foundation
import Irminsul
import IrminsulTestKit
import RedisScripting
import Testing

/// Processes that are killed at random moments: what was acknowledged stays, the rest is whole or
/// not there.
@Suite struct CrashTests {
  @Test func killedWritersOnAFile() async throws {
    try await withScratchFolder { folder in
      let url = "file:\(folder.path)/store"
      var acknowledged: [ObjectID] = []
      for round in 0..<100 {
        let writer = try WriterProcess(
          url: url, folder: "round-\(round)", count: 100_000, scratch: folder)
        try await Task.sleep(for: .milliseconds(Int.random(in: 10...120)))
        writer.kill()
        acknowledged += try writer.acknowledged()
      }
      try await check(url, acknowledged)
    }
  }

  @Test func killedWritersAndServers() async throws {
    try await withScratchFolder { folder in
      let server = try await RedisServer.start(RedisServer.Options(durability: .everyWrite))
      defer { server.stop() }
      var acknowledged: [ObjectID] = []
      for round in 0..<100 {
        let writer = try WriterProcess(
          url: server.url, folder: "round-\(round)", count: 100_000, scratch: folder)
        try await Task.sleep(for: .milliseconds(Int.random(in: 20...150)))
        if round.isMultiple(of: 2) {
          server.kill()
          writer.kill()
        } else {
          writer.kill()
          server.kill()
        }
        acknowledged += try writer.acknowledged()
        try await server.restart()
      }
      try await check(server.url, acknowledged)
    }
  }

  private func check(_ url: String, _ acknowledged: [ObjectID]) async throws {
    #expect(acknowledged.count > 100, "the writers were killed before they could write")
    let repository = try await Repository.open(url)
    let history = try await repository.branch().log().map(\.id)
    #expect(Set(history).count == history.count)
    #expect(Set(acknowledged).subtracting(history).isEmpty)
    let faults = Locked<[Fault]>([])
    let summary = try await repository.verify { fault in faults.withLock { $0.append(fault) } }
    #expect(summary.faults == 0, "\(faults.withLock { $0 })")
    await repository.close()
  }
}
