import EmbeddedRedis
import RedisScripting
import Testing

/// FUNCTION DUMP and RESTORE: what one host has dumped, the other restores.
@Suite struct LibraryPayloadTests {
  private static func library(_ name: String, lines: Int) -> String {
    "#!lua name=\(name)\n" + (0..<lines).map { "-- line \($0) of it\n" }.joined()
      + "redis.register_function('\(name)_f', function(keys, args) return args[1] .. '\(name)' end)"
  }

  private static let libraries = [
    library("short", lines: 0), library("long", lines: 40), library("large", lines: 5000),
  ]

  private static func restore(_ payload: Bytes, _ policy: String...) -> Command {
    Command(
      arguments: [Bytes("FUNCTION".utf8), Bytes("RESTORE".utf8), payload]
        + policy.map { Bytes($0.utf8) })
  }

  @Test func dumpsMoveBothWays() async throws {
    let redis = try RealRedis()
    let host = try EmbeddedHost(storage: .memory)
    for library in Self.libraries { _ = await host.answer(Command("FUNCTION", "LOAD", library)) }
    let own = try await host.run(Command("FUNCTION", "DUMP")).bytes ?? []
    #expect(try redis.run(Self.restore(own)) == .status("OK"))
    #expect(try redis.run(Command("FCALL", "large_f", "0", "x")).text == "xlarge")

    // This one is compressed.
    let theirs = try redis.run(Command("FUNCTION", "DUMP")).bytes ?? []
    #expect(!theirs.isEmpty)
    #expect(theirs.count < own.count / 2)
    let other = try EmbeddedHost(storage: .memory)
    #expect(await other.answer(Self.restore(theirs)) == .status("OK"))
    #expect(try await other.run(Command("FCALL", "long_f", "0", "y")).text == "ylong")
    let lists = [
      await host.answer(Command("FUNCTION", "LIST", "WITHCODE")),
      await other.answer(Command("FUNCTION", "LIST", "WITHCODE")),
    ]
    .map { ($0.array ?? []).map(\.summary).sorted() }
    #expect(lists[0] == lists[1])
    #expect(lists[0].count == 3)

    // What is there already, and what is no payload.
    var broken = own
    broken[3] ^= 1
    var newer = own
    newer[own.count - 10] = 11
    let commands = [
      Self.restore(own), Self.restore(own, "APPEND"), Self.restore(own, "REPLACE"),
      Self.restore(own, "FLUSH"),
      Self.restore(own, "nosuch"), Self.restore(own, "FLUSH", "FLUSH"), Self.restore(broken),
      Self.restore(newer),
      Self.restore([]), Self.restore(Bytes("some text that is no payload".utf8)),
      Command("FUNCTION", "RESTORE"), Command("FUNCTION", "DUMP", "x"),
      Command("FUNCTION", "FLUSH"),
      Command(
        "FUNCTION", "LOAD", "#!lua name=x\nredis.register_function('short_f', function() end)"),
      Command("FCALL", "short_f", "0"), Self.restore(own), Command("FUNCTION", "LIST"),
      Self.restore(own, "REPLACE"),
      Command("FUNCTION", "LIST"), Command("FUNCTION", "FLUSH"), Command("FUNCTION", "DUMP"),
    ]
    for command in commands {
      let expected = try redis.run(command)
      let found = await host.answer(command)
      // One of three libraries is in the way first, which one is chance.
      let isChance = expected.summary.contains("already exists")
      #expect(
        found == expected || isChance && found.summary.contains("already exists"),
        "\(found.summary), not \(expected.summary)")
    }
  }

  /// Payloads with a right checksum and anything within: an answer, and the host lives on.
  @Test func damagedPayloadsAreRefused() async throws {
    let host = try EmbeddedHost(storage: .memory)
    let redis = try RealRedis()
    _ = try redis.run(Command("FUNCTION", "LOAD", Self.libraries[1]))
    let payload = try redis.run(Command("FUNCTION", "DUMP")).bytes ?? []
    var generator = RandomParityTests.Generator(state: 5)
    for _ in 0..<2000 {
      var changed = Array(payload.dropLast(8))
      for _ in 0...Int.random(in: 0..<4, using: &generator) {
        changed[Int.random(in: 0..<changed.count - 2, using: &generator)] = .random(
          in: 0...255, using: &generator)
      }
      if Bool.random(using: &generator) {
        changed.removeSubrange(5..<Int.random(in: 5..<changed.count - 2, using: &generator))
      }
      _ = await host.answer(Self.restore(changed + Self.checksum(changed), "FLUSH"))
    }
    #expect(await host.answer(Self.restore(payload, "FLUSH")) == .status("OK"))
    #expect(try await host.run(Command("FCALL", "long_f", "0", "z")).text == "zlong")
  }

  /// CRC-64 bit by bit.
  private static func checksum(_ bytes: Bytes) -> Bytes {
    var rest: UInt64 = 0
    for byte in bytes {
      rest ^= UInt64(byte)
      for _ in 0..<8 { rest = rest & 1 == 1 ? rest >> 1 ^ 0x95ac_9329_ac4b_c9b5 : rest >> 1 }
    }
    return (0..<8).map { UInt8(truncatingIfNeeded: rest >> (8 * $0)) }
  }
}
