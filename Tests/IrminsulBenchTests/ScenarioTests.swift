import Foundation
import Testing

@testable import IrminsulBench

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// Every scenario runs to its end and prints what it promises.
@Suite struct ScenarioTests {
  private func rows(_ arguments: String...) async throws -> [[String: Any]] {
    try await BenchProgram.output(arguments + ["--json"]).dropFirst().map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
  }

  @Test func single() async throws {
    let rows = try await rows(
      "single", "--seconds", "0.05", "--shape", "3x4x2", "--git-commits", "2")
    #expect(
      rows.map { $0["store"] as? String } == [
        "redis", "redis", "redis", "redis", "memory", "file normal", "file full",
        "redis-benchmark, commit", "redis-benchmark, empty", "git",
      ])
    for row in rows {
      #expect(try #require(row["commits_per_s"] as? Double) > 0)
      #expect(row["failed"] as? Int == 0)
    }
  }

  @Test func read() async throws {
    let rows = try await rows("read", "--seconds", "0.05", "--shape", "3x4x2", "--tasks", "1,3")
    #expect(rows.count == 12)
    for row in rows {
      #expect(try #require(row["reads"] as? Int) > 0)
      #expect(row["failed"] as? Int == 0)
    }
    for row in rows where row["store"] as? String == "redis" {
      let trips = try #require(row["round_trips_per_read"] as? Double)
      #expect(trips == (row["method"] as? String == "head" ? 1 : 0))
    }
  }

  @Test func scale() async throws {
    let rows = try await rows("scale", "--commits", "95", "--writers", "4", "--shape", "3x4x2")
    #expect(rows.map { $0["commits"] as? Int } == [9, 19, 28, 38, 47, 57, 66, 76, 85, 95])
    // One more: the one that filled the tree.
    #expect(rows.last?["log_entries"] as? Int == 96)
    #expect(rows.last?["tokens"] as? Int == 96)
    #expect(try #require(rows.last?["server_bytes"] as? Int) > 0)
    #expect(try #require(rows.last?["client_bytes"] as? Int) > 0)
  }

  @Test func memory() async throws {
    let rows = try await rows("memory", "--commits", "300", "--shape", "10x10x10,7")
    #expect(
      rows.map { $0["method"] as? String } == ["irminsul", "reference", "irminsul", "reference"])
    for row in rows {
      #expect(row["commits"] as? Int == 300)
      #expect(try #require(row["redis_bytes_per_commit"] as? Double) > 300)
    }
  }

  /// What cannot be measured is refused at once, with a code that says why.
  @Test(arguments: [
    (["contention", "--writers", "-1"], 64), (["contention", "--methods", "none"], 64),
    (["contention", "--writers", "2000", "--shape", "10x10"], 64),
    (["contention", "--store", "memory:", "--methods", "reference"], 64),
    (["memory", "--store", "memory:"], 64), (["read", "--tasks", "0"], 64),
    (["contention", "--store", "redis://127.0.0.1:1"], 69),
    (["contention", "--plot", "/nowhere/plot.svg"], 73),
  ])
  func refusals(_ arguments: [String], _ status: Int) async throws {
    let found = try await ThreadTeam.run {
      let child = try ChildProcess(arguments, errors: .hidden)
      while try child.nextLine() != nil {}
      return child.finish()
    }
    #expect(Int(found) == status)
  }

  /// The plot is a drawing that every viewer takes: well-formed, with a line for each method.
  @Test func plot() async throws {
    let file = FileManager.default.temporaryDirectory
      .appending(path: "irminsul-plot-\(UInt32.random(in: 0 ... .max)).svg")
    defer { try? FileManager.default.removeItem(at: file) }
    _ = try await rows(
      "contention", "--seconds", "0.05", "--writers", "1,2", "--methods", "reference,irminsul",
      "--plot", file.path)
    let text = try String(contentsOf: file, encoding: .utf8)
    let reader = ElementCounter()
    let parser = XMLParser(data: Data(text.utf8))
    parser.delegate = reader
    #expect(parser.parse())
    // Throughput, p50 and p99 of the reference, the library, and the library on a hot path.
    #expect(reader.count["polyline"] == 9)
    #expect(text.contains("#ffffff"))
  }
}

private final class ElementCounter: NSObject, XMLParserDelegate {
  var count: [String: Int] = [:]

  func parser(
    _ parser: XMLParser, didStartElement element: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    count[element, default: 0] += 1
  }
}
