import Foundation
import Testing

/// `gc`, and what it cuts.
@Suite struct GarbageCollectTests {
  private func filled(_ commits: Int, _ options: [String] = []) async throws -> Sandbox {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul(["init"] + options))
    for number in 0..<commits {
      expectDone(try await sandbox.irminsul("set", "n=\(number)", "d/f\(number % 2)=\(number)"))
    }
    return sandbox
  }

  private let now = ["gc", "--grace", "0", "--reflog", "0", "--share", "1"]

  @Test func garbageIsRemoved() async throws {
    let sandbox = try await filled(2)
    expectDone(try await sandbox.irminsul("set", "x=lost", "--branch", "gone"))
    expectDone(try await sandbox.irminsul("branch", "--delete", "gone", "--force"))
    let dry = try await sandbox.irminsul(now + ["--dry-run", "--json"]).object()
    #expect(dry["removed"] as? Int == 3)
    #expect(dry["cut"] as? Int == 0)
    let said = expectDone(try await sandbox.irminsul(now + ["--dry-run"]))
    #expect(said.text.hasPrefix("would remove 3 objects ("))
    let before = try await sandbox.irminsul("stats", "--json").object()["objects"] as? Int
    let kept = try await sandbox.irminsul("gc", "--grace", "0", "--json").object()
    #expect(kept["removed"] as? Int == 0)
    let report = expectDone(try await sandbox.irminsul(now))
    #expect(report.text.hasPrefix("removed 3 objects, kept "))
    let after = try await sandbox.irminsul("stats", "--json").object()["objects"] as? Int
    #expect(before.map { $0 - 3 } == after)
    let json = try await sandbox.irminsul(now + ["--json"]).object()
    #expect(
      Set(json.keys) == [
        "phase", "kept", "keptBytes", "removed", "steps", "cut", "snapshots", "archived",
      ])
    #expect(json["phase"] as? String == "done")
  }

  @Test func anInterruptedUploadHoldsNobodyUp() async throws {
    let sandbox = try await filled(1)
    let upload = try await uploading(sandbox)
    upload.signal(SIGINT)
    #expect(await upload.end().status == 128 + SIGINT)
    let collected = expectDone(try await sandbox.irminsul(now))
    #expect(collected.text.hasPrefix("removed 1 object"))
    #expect(collected.errors.isEmpty)
  }

  @Test func aKilledUploadIsWaitedForAndSaidSo() async throws {
    let sandbox = try await filled(1)
    let upload = try await uploading(sandbox)
    upload.signal(SIGKILL)
    _ = await upload.end()
    let collector = try sandbox.start("gc", "--grace", "0")
    while collector.errors.isEmpty { try await Task.sleep(for: .milliseconds(20)) }
    collector.signal(SIGTERM)
    let told = await collector.end()
    #expect(told.status == 128 + SIGTERM)
    #expect(told.errors.contains("under way that began before this"))
  }

  /// The upload of a large file that has stored something.
  private func uploading(_ sandbox: Sandbox) async throws -> RunningCommand {
    let path = "\(sandbox.work)/large"
    _ = FileManager.default.createFile(atPath: path, contents: nil)
    try #require(truncate(path, 4 << 30) == 0)
    let upload = try sandbox.start("set", "large", "--file", "large")
    var stored = 0
    while stored < 5 {
      let stats = try await sandbox.irminsul("stats", "--json").object()
      stored = stats["objects"] as? Int ?? 0
    }
    return upload
  }

  @Test func whatNoSettingSaysIsNotSaid() async throws {
    let sandbox = try await filled(1)
    expectDone(try await sandbox.irminsul("config", "set", "retention.days", "3"))
    let listed = expectDone(try await sandbox.irminsul("config", "list"))
    #expect(listed.lines.contains("retention.days=3"))
    #expect(listed.lines.contains("retention.commits= (not set)"))
    #expect(listed.lines.contains("retention.tags=1  (usual)"))
    expectDone(try await sandbox.irminsul("config", "get", "retention.other.days"), "\n")
    expectRefusal(
      try await sandbox.irminsul("config", "set", "retention.commits", "-1"), .usage,
      "\"-1\" is no number from 1")
    expectRefusal(
      try await sandbox.irminsul("config", "set", "retention.a*.tags", "1"), .usage,
      "cannot be set for some branches alone")
    expectRefusal(
      try await sandbox.irminsul("config", "set", "head", "main", "--loud"), .usage,
      "unknown option \"--loud\"")
    expectDone(try await sandbox.irminsul("config", "set", "head", "--", "main"))
  }

  /// The log goes further back than the histories.
  @Test func whatWasCutIsStillInTheLog() async throws {
    let sandbox = try await filled(7)
    expectDone(try await sandbox.irminsul("config", "set", "retention.commits", "2"))
    expectDone(try await sandbox.irminsul(now))
    let watched = expectDone(try await sandbox.irminsul("watch", "--since", "0", "-n", "7"))
    // The sixth commit is stored, and what it is a change of is not.
    #expect(watched.lines.filter { $0.contains("not stored any more") }.count == 6)
    #expect(watched.text.contains("d/f0"))
    let first = try await sandbox.irminsul("watch", "--since", "0", "-n", "1", "--json").object()
    #expect(first["stored"] as? Bool == false)
    #expect(first["change"] as? String == "added")
    let atPath = expectDone(
      try await sandbox.irminsul("watch", "d/f0", "--since", "0", "-n", "7", "--json"))
    #expect(atPath.lines.count == 7)
    #expect(atPath.lines.filter { $0.contains("\"stored\":false") }.count == 6)
    let reflog = expectDone(try await sandbox.irminsul("reflog"))
    #expect(reflog.lines.count == 7)
    #expect(reflog.lines.filter { $0.hasSuffix("not stored any more") }.count == 5)
    expectDone(try await sandbox.irminsul("verify"))
  }

  @Test func historiesAreCutArchivedAndJoined() async throws {
    for options in [[], ["--layout", "wide"]] {
      let sandbox = try await filled(7, options)
      expectDone(try await sandbox.irminsul("config", "set", "retention.commits", "3"))
      expectDone(
        try await sandbox.irminsul("config", "set", "retention.release/*.days", "90"))
      let listed = expectDone(try await sandbox.irminsul("config", "list"))
      #expect(listed.text.contains("retention.commits=3\n"))
      #expect(listed.text.contains("retention.release/*.days=90\n"))
      let dry = expectDone(try await sandbox.irminsul(now + ["--dry-run"]))
      #expect(dry.text.contains("would cut histories at 1 commit\n"), "\(dry.text)")
      let removed = try await sandbox.irminsul(now + ["--dry-run", "--json"]).object()["removed"]
      let whole = try await sandbox.irminsul(now + ["--whole", "--json"]).object()
      #expect(whole["cut"] as? Int == 0)
      let report = expectDone(try await sandbox.irminsul(now + ["--archive", "old.slice"]))
      #expect(report.text.contains("cut histories at 1 commit, wrote "), "\(report.text)")
      #expect(report.text.contains("removed \(removed ?? 0) objects"), "\(report.text)")
      let log = expectDone(try await sandbox.irminsul("log", "--oneline"))
      #expect(log.lines.count == 3)
      expectDone(try await sandbox.irminsul("verify"))
      let first = try #require(log.lines.last?.split(separator: " ").first)
      let shown = expectDone(try await sandbox.irminsul("show", String(first)))
      #expect(shown.text.contains("d/f0"))
      expectDone(try await sandbox.irminsul("log", "--patch"))
      expectDone(try await sandbox.irminsul("graph"))
      expectRefusal(try await sandbox.irminsul("show", "main~3"), .refused, "has been cut at")
      let again = try await sandbox.irminsul(now + ["--archive", "old.slice", "--json"]).object()
      #expect(again["cut"] as? Int == 0)
      expectDone(try await sandbox.irminsul("config", "unset", "retention.commits"))
      expectDone(try await sandbox.irminsul("slice", "import", "old.slice"))
      let joined = expectDone(try await sandbox.irminsul("log", "--oneline"))
      #expect(joined.lines.count == 7)
      expectDone(try await sandbox.irminsul("verify"))
    }
  }

  @Test func aCutStoreIsClonedAndExported() async throws {
    let sandbox = try await filled(6)
    expectDone(try await sandbox.irminsul("config", "set", "retention.commits", "2"))
    expectDone(try await sandbox.irminsul(now))
    let other = "file:\(sandbox.root)/other"
    expectDone(try await sandbox.irminsul("clone", "file:.irminsul/store", "--store", other))
    let log = expectDone(try await sandbox.irminsul("log", "--oneline", "--store", other))
    #expect(log.lines.count == 2)
    expectDone(try await sandbox.irminsul("verify", "--store", other))
    let empty = "file:\(sandbox.root)/empty"
    expectRefusal(
      try await sandbox.irminsul("push", empty, "--create"), .refused, "has been cut at")
    expectDone(try await sandbox.irminsul("export", "copy.git"))
    let shallow = try String(
      contentsOfFile: "\(sandbox.work)/copy.git/shallow", encoding: .utf8)
    #expect(shallow.split(separator: "\n").count == 1)
  }

  @Test func aStoreIsMaintainedWhenItIsWorthIt() async throws {
    let sandbox = try await filled(5)
    expectDone(try await sandbox.irminsul("config", "set", "retention.commits", "2"))
    let once = ["maintain", "--once", "--grace", "0", "--reflog", "0", "--share", "1"]
    expectDone(try await sandbox.irminsul(once), "")
    let report = try await sandbox.irminsul(once + ["--changes", "5", "--json"]).object()
    #expect(report["cut"] as? Int == 1)
    expectDone(try await sandbox.irminsul(once + ["--changes", "5"]), "")
    let log = expectDone(try await sandbox.irminsul("log", "--oneline"))
    #expect(log.lines.count == 2)
    expectRefusal(try await sandbox.irminsul(once + ["--changes", "0"]), .usage, "--changes")
  }

  @Test func whatMakesNoSense() async throws {
    let sandbox = try await filled(1)
    for arguments in [
      ["--dry-run", "--archive", "x"], ["--whole", "--archive", "x"], ["--grace", "-1"],
      ["--share", "2"],
    ] {
      expectRefusal(try await sandbox.irminsul(["gc"] + arguments), .usage, "--")
    }
    expectRefusal(
      try await sandbox.irminsul("config", "set", "retention.commits", "none"), .usage,
      "is no number from 1")
  }
}
