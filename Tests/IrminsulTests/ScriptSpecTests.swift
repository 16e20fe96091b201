import EmbeddedRedis
import Foundation
import IrminsulRedisClient
import IrminsulTestKit
import RedisScripting
import Testing

/// The specs of the scripts, on each host.
@Suite struct ScriptSpecTests {
  static let specs = ScriptSpecs(
    folder: URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../lua").standardizedFileURL)

  @Test(arguments: try Self.specs.names())
  func redis(_ name: String) async throws {
    let server = try await TestServers.shared.plain()
    let host = try await RedisHost.connect(
      RedisConfiguration(url: server.url, environment: [:]))
    for result in try await Self.specs.run(name, on: host) {
      #expect(result.isPassed, "\(result)")
    }
    await host.close()
  }

  @Test(arguments: try Self.specs.names())
  func embedded(_ name: String) async throws {
    let host = try EmbeddedHost(storage: .memory)
    for result in try await Self.specs.run(name, on: host) {
      #expect(result.isPassed, "\(result)")
    }
    await host.close()
  }

  @Test func theSpecsRunEveryLine() async throws {
    let missed = try await Self.specs.missedLines()
    #expect(missed.isEmpty, "\(missed.joined(separator: "\n"))")
  }

  @Test func everyScriptHasASpec() throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../lua").standardizedFileURL
    let scripts = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix(".lua") }
    let specs = try Self.specs.names().map {
      try String(contentsOf: folder.appending(path: "spec/\($0).lua"), encoding: .utf8)
    }.joined()
    for script in scripts {
      let name = script.dropLast(".lua".count)
      #expect(specs.contains("describe('\(name)'"), "\(script) has no describe('\(name)', …)")
    }
  }
}
