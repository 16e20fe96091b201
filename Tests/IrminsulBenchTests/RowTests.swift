import Foundation
import Testing

@testable import IrminsulBench

@Suite struct RowTests {
  private static let keys = [
    "scenario", "method", "store", "writers", "layout", "shape", "directories", "processes",
    "rtt_ms", "commits",
    "failed", "commits_per_s", "attempts_per_commit", "p50_ms", "p99_ms", "max_ms",
    "server_us_per_commit", "round_trips_per_commit", "redis_bytes_per_commit",
    "server_cpu_us_per_commit", "client_cpu_us_per_commit", "first_failure",
  ]

  private func fields(_ line: String) throws -> [String: Any] {
    try #require(
      try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
  }

  @Test func everyRowHasEveryField() throws {
    let plan = RowPlan(
      scenario: .contention, activity: .write(.reference, .disjoint), seconds: 1,
      place: .given(url: "redis://user:secret@host"))
    let rows = [
      Row(plan, WriterTally(), server: nil),
      Row(.single, program: "git", .usual, done: 100, seconds: 2),
    ]
    for row in rows {
      let line = try JSONLine.text(row)
      #expect(Set(try fields(line).keys) == Set(Self.keys))
      #expect(!line.contains("secret"))
    }
  }

  @Test func passwordsAreNotShown() {
    #expect(
      RunHeader.withoutPassword("redis://user:secret@host:1/2?name=a")
        == "redis://…@host:1/2?name=a")
    #expect(RunHeader.withoutPassword("--store=redis://:secret@host") == "--store=redis://…@host")
    #expect(RunHeader.withoutPassword("redis://host/a@b") == "redis://host/a@b")
  }

  /// The whole way: servers, worker processes, a proxy, and rows at the end.
  @Test func quickRunsThrough() async throws {
    let lines = try await BenchProgram.output([
      "contention", "--quick", "--json", "--seconds", "0.2",
    ])
    #expect(lines.count == 5)
    let rows = try lines.map { try fields($0) }
    #expect(rows[0]["scenario"] as? String == "machine")
    #expect(
      rows.dropFirst().map { $0["method"] as? String } == [
        "reference", "cas", "irminsul", "irminsul",
      ])
    #expect(
      rows.dropFirst().map { $0["layout"] as? String } == [
        "disjoint", "disjoint", "disjoint", "hot",
      ])
    for row in rows.dropFirst() {
      #expect(Set(row.keys) == Set(Self.keys))
      #expect(row["failed"] as? Int == 0)
      #expect(try #require(row["commits"] as? Int) > 0)
    }
    for row in rows.suffix(2) {
      #expect(row["attempts_per_commit"] as? Double == 1)
      #expect(row["round_trips_per_commit"] as? Double == 1)
    }
  }

  @Test func storesOfEitherLayout() async throws {
    let lines = try await BenchProgram.output([
      "contention", "--json", "--seconds", "0.2", "--writers", "2", "--methods",
      "cas,irminsul,script-limit", "--layouts", "disjoint", "--shape", "40", "--directories",
      "git,wide",
    ])
    let rows = try lines.dropFirst().map { try fields($0) }
    #expect(
      rows.map { $0["directories"] as? String } == [nil, "git", "wide", "git", "wide"])
    for row in rows {
      #expect(row["failed"] as? Int == 0)
      #expect(try #require(row["commits"] as? Int) > 0)
    }
  }

  @Test func processesWriteThroughAProxy() async throws {
    let lines = try await BenchProgram.output([
      "contention", "--json", "--seconds", "0.2", "--writers", "3", "--processes", "2", "--rtt",
      "1",
      "--methods", "irminsul,reference", "--layouts", "mixed",
    ])
    let rows = try lines.dropFirst().map { try fields($0) }
    #expect(rows.count == 2)
    for row in rows {
      #expect(row["failed"] as? Int == 0)
      #expect(row["processes"] as? Int == 2)
      // No commit is faster than the network.
      #expect(try #require(row["p50_ms"] as? Double) >= 1)
    }
  }

  @Test(arguments: [
    ["contention", "--methods", "none"], ["contention", "--writers", "0"],
    ["contention", "--shape", "10x0"],
    ["contention", "--writers", "2000", "--layouts", "disjoint"],
    ["contention", "--store", "file:nothing", "--methods", "cas"],
  ])
  func badArgumentsAreRefused(_ arguments: [String]) async throws {
    await #expect(throws: BenchError.self) { try await BenchProgram.output(arguments) }
  }
}
