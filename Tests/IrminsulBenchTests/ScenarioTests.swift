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

  @Test func remote() async throws {
    let rows = try await rows(
      "remote", "--commits", "1000", "--runs", "1", "--rtts", "0,1")
    #expect(rows.map { $0["rtt_ms"] as? Double } == [0, 1])
    for row in rows {
      #expect(row["repository"] as? String == "made")
      #expect(try #require(row["objects"] as? Int) > 3000)
      for key in ["clone", "git_clone", "fetch", "git_fetch", "push", "git_push"] {
        let seconds = try #require(row["\(key)_s"] as? Double)
        #expect(seconds > 0 && seconds < 1000)
      }
      let fetch = try #require(row["fetch_round_trips"] as? Int)
      let push = try #require(row["push_round_trips"] as? Int)
      #expect((3..<10).contains(fetch))
      #expect((3..<10).contains(push))
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

  @Test func retention() async throws {
    let lines = try await rows(
      "retention", "--seconds", "10", "--plain", "6", "--slices", "4", "--fill", "1", "--commits",
      "50", "--grace", "0.1", "--interval", "0.05", "--writers", "4", "--shape", "3x4x2")
    let rows = lines.filter { $0["scenario"] as? String == "retention" }
    #expect(
      rows.map { $0["collecting"] as? Bool } == [false, true, true, true, true, false])
    for row in rows {
      #expect(try #require(row["commits"] as? Int) > 0)
      #expect(row["failed"] as? Int == 0)
      #expect(try #require(row["used_peak_bytes"] as? Int) > 0)
    }
    let summary = try #require(lines.last)
    #expect(try #require(summary["collections"] as? Int) > 0)
    #expect(try #require(summary["removed"] as? Int) > 0)
    #expect(summary["history"] as? Int == 50)
    #expect(summary["verify_faults"] as? Int == 0)
    #expect((summary["bounds"] as? [Any])?.count == 6)
  }

  @Test func collect() async throws {
    let rows = try await rows("collect", "--objects", "2000", "--share", "1")
    #expect(rows.map { $0["program"] as? String } == ["irminsul", "git"])
    // Four objects a commit, and the first commits of ten directories have the same ones.
    for row in rows {
      #expect(row["objects"] as? Int == 2000)
      #expect(row["kept"] as? Int == 200)
      #expect(try #require(row["client_peak_bytes"] as? Int) > 1_000_000)
    }
    let used = try #require(rows[0]["used_before_bytes"] as? Int)
    #expect(try #require(rows[0]["used_after_bytes"] as? Int) < used)
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

  @Test func wide() async throws {
    let file = FileManager.default.temporaryDirectory
      .appending(path: "irminsul-plot-\(UInt32.random(in: 0 ... .max)).svg")
    defer { try? FileManager.default.removeItem(at: file) }
    let rows = try await rows(
      "wide", "--seconds", "0.05", "--entries", "5,300", "--writers", "1,7", "--names",
      "hexadecimal", "--plot", file.path)
    let beside = ["three levels of 10 entries", "one folder", "one folder"]
    #expect(rows.map { $0["tree"] as? String } == Array(repeating: beside, count: 4).flatMap { $0 })
    let layouts = ["git", "git", "wide"]
    #expect(
      rows.map { $0["layout"] as? String } == Array(repeating: layouts, count: 4).flatMap { $0 })
    for row in rows {
      #expect(try #require(row["commits"] as? Int) > 0)
      #expect(row["failed"] as? Int == 0)
      #expect(row["attempts_per_commit"] as? Double == 1)
      #expect(row["round_trips_per_read"] as? Double == 1)
      #expect(try #require(row["reads_per_s"] as? Double) > 0)
      let isFolder = row["tree"] as? String == "one folder"
      #expect((row["list_page_ms"] as? Double != nil) == isFolder)
      #expect((row["round_trips_per_list_page"] as? Double).map { $0 >= 1 } ?? !isFolder)
    }
    // Two panels with three lines each.
    let text = try String(contentsOf: file, encoding: .utf8)
    #expect(text.components(separatedBy: "<polyline").count - 1 == 6)
  }

  /// Entries have names of their own, which stay what they are from one process to the next.
  @Test(arguments: [(NameStyle.numbers, 11), (.hexadecimal, 32), (.base62, 12)])
  func names(_ style: NameStyle, _ length: Int) {
    let names = (0..<10_000).map { style.name($0) }
    #expect(Set(names).count == names.count)
    #expect(Set(names.map(\.count)) == [length])
    let before = names.filter { $0.lexicographicallyPrecedes(style.middle(of: names.count)) }
    #expect((4800...5200).contains(before.count))
  }

  /// What cannot be measured is refused at once, with a code that says why.
  @Test(arguments: [
    (["contention", "--writers", "-1"], 64), (["contention", "--methods", "none"], 64),
    (["contention", "--writers", "2000", "--shape", "10x10"], 64),
    (["contention", "--store", "memory:", "--methods", "reference"], 64),
    (["memory", "--store", "memory:"], 64), (["wide", "--store", "memory:"], 64),
    (["wide", "--entries", "0"], 64), (["wide", "--layouts", "flat"], 64),
    (["read", "--tasks", "0"], 64), (["retention", "--store", "memory:"], 64),
    (["retention", "--fill", "700"], 64), (["collect", "--live", "1"], 64),
    (["contention", "--store", "redis://127.0.0.1:1"], 69),
    (["contention", "--plot", "/nowhere/plot.svg"], 74),
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
