import EmbeddedRedis
import Foundation
import IrminsulTestKit
import RedisScripting
import Testing

/// What a host knows of a file from one call to the next is never older than the file.
@Suite struct FileSharingTests {
  private func open(_ path: String) throws -> EmbeddedHost {
    var configuration = EmbeddedConfiguration(storage: .file(path: path))
    configuration.durability = .normal
    return try EmbeddedHost.open(configuration)
  }

  /// Two hosts write the same hashes and sets, each with what it knows of them; a host in memory is the model.
  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func hostsSeeWhatOthersWrite(_ seed: UInt64) async throws {
    let folder = try TemporaryFolder()
    let model = try EmbeddedHost(storage: .memory)
    let hosts = [try open(folder.path + "/store"), try open(folder.path + "/store")]
    var random = SeededNumbers(state: seed)
    for number in 0..<600 {
      let words = Self.command(&random, number)
      let command = Command(arguments: words.map { Bytes($0.utf8) })
      let host = hosts[Int.random(in: 0..<hosts.count, using: &random)]
      #expect(await host.answer(command) == model.answer(command), "\(words)")
    }
    for host in hosts { await host.close() }
  }

  private static func command(_ random: inout SeededNumbers, _ number: Int) -> [String] {
    let key = "{k}\(Int.random(in: 0..<3, using: &random))"
    func field() -> String { "f\(Int.random(in: 0..<6, using: &random))" }
    let large = String(repeating: "x", count: 5000)
    switch Int.random(in: 0..<12, using: &random) {
    case 0, 1, 2: return ["HSET", key, field(), "\(number)"]
    case 3: return ["HSET", key, field(), "\(number)\(large)"]
    case 4: return ["HSETNX", key, field(), "\(number)"]
    case 5: return ["HDEL", key, field()]
    case 6: return ["HMGET", key, field(), field(), field()]
    case 7: return ["HEXISTS", key, field()]
    case 8: return ["HLEN", key]
    case 9: return ["SADD", "s" + key, field()]
    case 10: return ["SISMEMBER", "s" + key, field()]
    default:
      guard Int.random(in: 0..<3, using: &random) > 0 else { return ["DEL", key] }
      return ["SREM", "s" + key, field()]
    }
  }

  /// What a script wrote before it failed is undone in a file, and is not known any more.
  @Test func whatIsUndoneIsForgotten() async throws {
    let folder = try TemporaryFolder()
    let host = try open(folder.path + "/store")
    _ = try await host.run(Command("HSET", "hash", "old", "1"))
    await #expect(throws: HostError.self) {
      try await host.run(
        Command(
          "EVAL",
          """
          redis.call('HSET', KEYS[1], 'old', '2', 'new', '3')
          error(redis.call('HGET', KEYS[1], 'new'))
          """, "1", "hash"))
    }
    let left = try await host.run(Command("HMGET", "hash", "old", "new"))
    #expect(left == .array([.bytes(Bytes("1".utf8)), .null]))
    await host.close()
  }

  /// The log is copied into the file while it is written, and begins anew.
  @Test func logStaysBounded() async throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/store"
    let host = try open(path)
    for number in 0..<600 {
      let value = String(repeating: "\(number) ", count: 64_000)
      _ = try await host.run(Command("SET", "key \(number % 50)", value))
    }
    let size = try FileManager.default.attributesOfItem(atPath: path + "-wal")[.size] as? Int
    #expect(try #require(size) < 80 << 20)
    await host.close()
    let again = try open(path)
    for number in 550..<600 {
      let value = String(repeating: "\(number) ", count: 64_000)
      let reply = try await again.run(Command("GET", "key \(number % 50)"))
      #expect(reply == .bytes(Bytes(value.utf8)), "key \(number % 50)")
    }
    await again.close()
  }

  /// Calls that run where they are called and calls that wait for their turn follow each other closely.
  @Test func tasksShareOneWriter() async throws {
    let folder = try TemporaryFolder()
    let host = try open(folder.path + "/store")
    let (tasks, calls) = (16, 200)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<tasks {
        group.addTask {
          for _ in 0..<calls {
            _ = try await host.run(Command("INCR", "count"))
            _ = try await host.run(Command("GET", "count"))
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try await host.run(Command("GET", "count")) == .bytes(Bytes("\(tasks * calls)".utf8)))
    await host.close()
  }

  /// A call waits for another process that writes, whatever thread it is on.
  @Test func callsWaitForOtherWriters() async throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/store"
    let host = try open(path)
    _ = try await host.run(Command("SET", "a", "1"))
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [
      "python3", "-c",
      """
      import sqlite3, sys
      connection = sqlite3.connect(sys.argv[1], isolation_level=None)
      connection.execute("BEGIN IMMEDIATE")
      print("begun", flush=True)
      sys.stdin.read()
      connection.execute("COMMIT")
      """, path,
    ]
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    try Launcher.run(process)
    #expect(output.fileHandleForReading.readData(ofLength: 6) == Data("begun\n".utf8))
    async let waiting = host.run(Command("INCR", "a"))
    async let behind = host.run(Command("INCR", "a"))
    let reading = try await host.run(Command("GET", "a"))
    #expect(reading == .bytes(Bytes("1".utf8)))
    try input.fileHandleForWriting.close()
    let replies = try await [waiting, behind].compactMap(\.integer).sorted()
    #expect(replies == [2, 3])
    process.waitUntilExit()
    await host.close()
  }
}
