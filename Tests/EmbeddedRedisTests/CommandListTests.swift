import EmbeddedRedis
import Foundation
import RedisScripting
import Testing

/// The page that lists the commands says what the host does.
@Suite struct CommandListTests {
  private static func rows() throws -> [String: String] {
    let page = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Sources/Irminsul/Irminsul.docc/EmbeddedCommands.md")
    var rows: [String: String] = [:]
    for line in try String(contentsOf: page, encoding: .utf8).split(separator: "\n") {
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      if cells.count >= 2, line.hasPrefix("| "), cells[1] != "state" { rows[cells[0]] = cells[1] }
    }
    return rows
  }

  /// COMMAND INFO of both, of what decides whether a command runs.
  @Test func factsEqualThoseOfRedis() async throws {
    let redis = try RealRedis()
    let host = try EmbeddedHost(storage: .memory)
    let names = try #require(try await host.run(Command("COMMAND", "LIST")).array)
    #expect(names.count > 150)
    func facts(_ reply: Reply) -> [String] {
      let flags: Set = ["write", "denyoom", "noscript", "movablekeys"]
      let parts = reply.array?.first?.array ?? []
      guard parts.count >= 6 else { return [] }
      let shown = (parts[2].array ?? []).compactMap(\.text).filter(flags.contains).sorted()
      return [parts[0].summary, "\(shown)"] + [1, 3, 4, 5].map { parts[$0].summary }
    }
    for name in names.compactMap(\.text) {
      let command = Command("COMMAND", "INFO", name)
      let expected = facts(try redis.run(command))
      let found = facts(try await host.run(command))
      #expect(!found.isEmpty && found == expected, "\(name)")
    }
  }

  @Test func theTableIsWhatTheHostAnswers() async throws {
    let redis = try RealRedis()
    let host = try EmbeddedHost(storage: .memory)
    let rows = try Self.rows()
    let list = try #require(try redis.run(Command("COMMAND", "LIST")).array)
    let names = list.compactMap(\.text).filter { !$0.contains("|") }
    #expect(Set(rows.keys) == Set(names))
    for name in names {
      // A word too many for all but those with any number of words: no command runs.
      let reply = await host.answer(Command(name, "a", "b"))
      let isMissing =
        if case .error(let error) = reply {
          error.message == "the embedded host does not have the command '\(name)'"
        } else {
          false
        }
      #expect(isMissing == ["no", "server"].contains(rows[name]), "\(name): \(reply.summary)")
    }
  }
}
