import Foundation
import Irminsul
import Testing

@testable import IrminsulBench

/// The whole way: servers, a proxy, processes that are killed, records, and the check.
@Suite struct FaultRunTests {
  /// What a run prints, and its exit code.
  private func run(
    _ arguments: String...
  ) async throws -> (report: [String: Any], status: Int32) {
    let (line, status) = try await ThreadTeam.run { () throws -> (String, Int32) in
      let child = try ChildProcess(["faults", "--json"] + arguments, errors: .hidden)
      let line = try child.readLine()
      return (line, child.finish())
    }
    let report = try #require(
      try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    return (report, status)
  }

  @Test func everyFaultOnAServer() async throws {
    let (report, status) = try await run(
      "--commits", "300", "--processes", "2", "--writers", "4", "--seed", "7")
    #expect(status == 0, "\(report["violations"] ?? "")")
    let faults = try #require(report["faults"] as? [String: Int])
    #expect(
      Set(faults.keys) == Set(FaultKind.allCases.filter { !$0.needsCollector }.map(\.rawValue)))
    #expect(faults.values.allSatisfy { $0 > 0 })
    #expect(try #require(report["acknowledged"] as? Int) >= 300)
    #expect(report["lost"] as? Int == 0)
    #expect(report["duplicated"] as? Int == 0)
    #expect(report["verify_faults"] as? Int == 0)
    #expect(try #require(report["counters"] as? [Any]).count > 0)
  }

  /// Collectors, writers and the server are killed while histories are cut and garbage is collected.
  @Test func killsWhileGarbageIsCollected() async throws {
    let (report, status) = try await run(
      "--retention", "40", "--commits", "200", "--kills", "6", "--processes", "2", "--writers", "4",
      "--faults", "server-kill,writer-kill,collector-kill", "--seed", "11")
    #expect(status == 0, "\(report["violations"] ?? "")")
    let faults = try #require(report["faults"] as? [String: Int])
    #expect(Set(faults.keys) == ["server-kill", "writer-kill", "collector-kill"])
    #expect(faults.values.allSatisfy { $0 > 0 })
    #expect(try #require(report["kills"] as? Int) >= 6)
    #expect(report["verify_faults"] as? Int == 0)
    let collection = try #require(report["collection"] as? [String: Any])
    #expect(try #require(collection["cuts"] as? Int) > 0)
    #expect(try #require(collection["removed"] as? Int) > 0)
    #expect(try #require(report["commits"] as? Int) <= 120)
  }

  /// A run on a file, and then the same records with a store that has lost its newest commit.
  @Test func killedWritersOnAFileThatLosesACommitAfterwards() async throws {
    let (report, status) = try await run(
      "--store", "file", "--commits", "200", "--processes", "2", "--writers", "4", "--keep")
    #expect(status == 0, "\(report["violations"] ?? "")")
    let faults = try #require(report["faults"] as? [String: Int])
    #expect(Set(faults.keys) == ["writer-kill"])
    let folder = URL(filePath: try #require(report["folder"] as? String))
    defer { try? FileManager.default.removeItem(at: folder) }

    let records = try FileManager.default.contentsOfDirectory(
      at: folder.appending(path: "records"), includingPropertiesForKeys: nil)
    let lives = records.sorted {
      $0.lastPathComponent.localizedStandardCompare($1.lastPathComponent) == .orderedAscending
    }
    let record = try RunRecord(reading: lives)
    let repository = try await Repository.open("file:\(folder.path)/store?name=faults")
    #expect(
      HistoryCheck(record, try await StoreHistory(reading: repository)).violations == [])

    let main = repository.branch("main")
    var lost: Commit?
    while true {
      let head = try #require(try await main.head())
      try await main.setHead(try #require(head.parents.first))
      let id = try #require(StoreOperation.id(inMessage: head.message))
      if record.operations[id]?.outcome == .acknowledged {
        lost = head
        break
      }
    }
    let found = HistoryCheck(record, try await StoreHistory(reading: repository)).violations
    let commit = try #require(lost)
    #expect(
      found.contains {
        [.lost, .halfDone].contains($0.kind) && $0.text.contains("\(commit.message.dropLast())")
      })
    #expect(found.contains { $0.kind == .wrongLog })
    await repository.close()
  }

  @Test func anUnfinishedRunFails() async throws {
    let (report, status) = try await run(
      "--commits", "1000000", "--deadline", "1", "--processes", "1", "--writers", "1", "--faults",
      "delay,server-kill")
    #expect(status == 1)
    let violations = try #require(report["violations"] as? [[String: String]])
    let unfinished = try #require(violations.first { $0["kind"] == "unfinished" }?["text"])
    #expect(unfinished.hasSuffix("give more time with --deadline"))
    // What has failed stays to be looked at.
    let folder = try #require(report["folder"] as? String)
    #expect(FileManager.default.fileExists(atPath: folder + "/records/process-0-life-0.jsonl"))
    try FileManager.default.removeItem(atPath: folder)
  }

  @Test(arguments: [
    ["--faults", "none"], ["--commits", "0"], ["--store", "memory"],
    ["--store", "file", "--faults", "stall"], ["--hash", "md5"], ["--deadline", "0"],
    ["--faults", "collector-kill"], ["--retention", "0"], ["--faults", "delay", "--kills", "1"],
  ])
  func badArgumentsAreRefused(_ arguments: [String]) async throws {
    await #expect(throws: BenchError.self) { try await BenchProgram.output(["faults"] + arguments) }
  }
}
