import Foundation
import Irminsul
import IrminsulTestKit
import Testing

/// Eight processes that write to one branch at once.
@Suite struct ProcessTests {
  private static let processes = 8
  private static let writes = 25

  @Test func eightProcessesOnAFile() async throws {
    try await withScratchFolder { folder in
      try await run("file:\(folder.path)/store?durability=normal", folder)
    }
  }

  @Test func eightProcessesOnRedis() async throws {
    let server = try await TestServers.shared.plain()
    try await withScratchFolder { folder in
      try await run("\(server.url)?name=\(TestServers.freshName())", folder)
    }
  }

  private func run(_ url: String, _ scratch: URL) async throws {
    let repository = try await Repository.open(url)
    let main = repository.branch()
    // This process watches what the others do.
    let watch = try await main.watch()
    let expected = Self.processes * Self.writes
    let watching = Task {
      var positions: [Int64] = []
      for try await change in watch {
        positions.append(change.position)
        if positions.count == expected { break }
      }
      return positions
    }
    let writers = try (0..<Self.processes).map {
      try WriterProcess(url: url, folder: "p\($0)", count: Self.writes, scratch: scratch)
    }
    var acknowledged: [ObjectID] = []
    for writer in writers {
      let end = try writer.wait()
      #expect(end.status == 0, "\(end.errors)")
      acknowledged += try writer.acknowledged()
    }
    #expect(acknowledged.count == expected)
    for process in 0..<Self.processes {
      #expect(try await main.list(Path("p\(process)")).count == Self.writes)
      #expect(
        try await main.get(Path("p\(process)/\(Self.writes - 1)"), as: String.self)
          == "p\(process) \(Self.writes - 1)")
    }
    let history = try await main.log()
    #expect(history.count == expected)
    #expect(Set(history.map(\.id)) == Set(acknowledged))
    #expect(try await watching.value == Array(1...Int64(expected)))
    await repository.close()
  }
}
