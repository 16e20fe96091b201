import EmbeddedRedis
import IrminsulTestKit
import RedisScripting
import Testing

/// Transactions of any size in a file's log, which get there in few writes: what was committed is there, for every reader.
@Suite struct FileLogTests {
  private func open(_ path: String) throws -> EmbeddedHost {
    var configuration = EmbeddedConfiguration(storage: .file(path: path))
    configuration.durability = .normal
    return try EmbeddedHost.open(configuration)
  }

  /// Writes many fields, some of them again, and fails in the end if it is told to.
  private static let script = """
    for number = 1, tonumber(ARGV[1]) do
      local field = (number * 7919) % 1000
      redis.call('HSET', KEYS[1], field, number .. ARGV[2] .. string.rep('x', tonumber(ARGV[3])))
    end
    if ARGV[4] == 'fails' then error('undone') end
    return redis.call('HLEN', KEYS[1])
    """

  /// The largest transactions have more pages than SQLite's cache, which then writes before the commit, and writes pages
  /// again that are in the log already.
  @Test(arguments: 1...3 as ClosedRange<UInt64>)
  func transactionsOfAnySize(_ seed: UInt64) async throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/store"
    let model = try EmbeddedHost(storage: .memory)
    var hosts = [try open(path), try open(path)]
    let keys = (0..<3).map { "hash\($0)" }
    var random = SeededNumbers(state: seed)
    for number in 0..<60 {
      let isLarge = number % 15 == 7
      let fails = Int.random(in: 0..<3, using: &random) == 0
      let command = Command(
        "EVAL", Self.script, "1", keys[Int.random(in: 0..<keys.count, using: &random)],
        isLarge ? "9000" : "\(Int.random(in: 1...60, using: &random))", " of \(number) ",
        isLarge ? "4000" : "\(Int.random(in: 1...9000, using: &random))", fails ? "fails" : "")
      let place = Int.random(in: 0..<hosts.count, using: &random)
      let found = await hosts[place].answer(command)
      if fails {
        guard case .error = found else {
          Issue.record("\(found) of a script that fails")
          continue
        }
      } else {
        let expected = await model.answer(command)
        try #require(expected == found, "\(number): \(found), not \(expected)")
      }
      if number % 20 == 19 {
        // What is read now comes from the file alone.
        await hosts[place].close()
        hosts[place] = try open(path)
      }
      if number % 5 == 4 {
        for key in keys {
          for field in ["0", "7", "919", "81"] {
            let command = Command("HGET", key, field)
            let expected = await model.answer(command)
            for host in hosts {
              let found = await host.answer(command)
              try #require(
                found == expected,
                "\(number) \(key) \(field): \(found.summary.prefix(99)), not \(expected.summary.prefix(99))"
              )
            }
          }
        }
      }
    }
    for host in hosts { await host.close() }
    let last = try open(path)
    for key in keys {
      let fields = try await model.run(Command("HKEYS", key)).array ?? []
      #expect(try await last.run(Command("HLEN", key)) == .integer(Int64(fields.count)))
      for field in fields.compactMap(\.text) {
        let command = Command("HGET", key, field)
        let expected = await model.answer(command)
        try #require(await last.answer(command) == expected)
      }
    }
    await last.close()
  }
}
