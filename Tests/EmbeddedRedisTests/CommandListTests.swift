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
