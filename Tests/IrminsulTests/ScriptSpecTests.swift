import Foundation
import IrminsulRedisClient
import IrminsulTestKit
import RedisScripting
import ScriptTool
import Testing

/// The specs of the store's scripts, on each host.
@Suite struct ScriptSpecTests {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../lua").standardizedFileURL.path

  @Test func theSpecsPassInThisProcessAndReachEveryLine() async throws {
    let coverage = SpecCoverage()
    var runner = SpecRunner()
    runner.coverage = coverage
    let results = try await runner.run(try SpecFile.find(["\(Self.folder)/spec"]))
    #expect(results.count > 100)
    for result in results { #expect(result.isPassed, "\(result)") }
    for file in coverage.report.files {
      #expect(file.missedLines == [], "\(file.path)")
    }
    for file in coverage.report.files {
      #expect(file.openWays.filter { $0.reason == nil }.map(\.fault) == [], "\(file.path)")
      #expect(file.needlessReasons == [], "\(file.path)")
    }
    #expect(coverage.report.files.contains { $0.path.hasSuffix("/lib/edits.lua") })
    #expect(coverage.report.linesRun > 1000)
  }

  /// A server of their own: specs empty their database.
  @Test func theServerAnswersEachAsThisProcessDoes() async throws {
    let server = try await RedisServer.start()
    let host = try await RedisHost.connect(
      RedisConfiguration(url: server.url, environment: [:]))
    let killer = try await RedisHost.connect(
      RedisConfiguration(url: server.url, environment: [:]))
    var runner = SpecRunner()
    runner.place = .both(SpecServer(host: host, killer: killer))
    let results = try await runner.run(try SpecFile.find(["\(Self.folder)/spec"]))
    #expect(results.count > 100)
    for result in results { #expect(result.isPassed, "\(result)") }
    #expect(try await host.run(Command("DBSIZE")) == .integer(0))
    await host.close()
    await killer.close()
    server.stop()
  }

  /// Three changes mean nothing: a default that no id has either, and two values that are set again before they are read.
  @Test func theSpecsNoticeChangesOfTheCommitScript() async throws {
    let path = "\(Self.folder)/commit.lua"
    let outcomes = try await ScriptMutation().run(
      path, try SpecFile.find(["\(Self.folder)/spec"]))
    #expect(outcomes.count > 100)
    let survivors = outcomes.filter { $0.noticed == nil }.map(\.mutant.description)
    #expect(survivors.count * 20 <= outcomes.count, "\(survivors.joined(separator: "\n"))")
  }

  @Test func everyScriptHasASpec() throws {
    let scripts = try FileManager.default.contentsOfDirectory(atPath: Self.folder)
      .filter { $0.hasSuffix(".lua") }
    let specs = try SpecFile.find(["\(Self.folder)/spec"])
      .map { try String(contentsOfFile: $0.path, encoding: .utf8) }.joined()
    for script in scripts {
      let name = script.dropLast(".lua".count)
      #expect(specs.contains("describe('\(name)'"), "\(script) has no describe('\(name)', …)")
    }
  }
}
