import Foundation
import GitObjects
import Irminsul
import IrminsulTestKit
import Testing

/// A helper that works on a file and is killed, a little later each time until it is done by then: no ref is at what is
/// not there, and the same command succeeds afterwards.
@Suite struct FileFaultTests {
  /// How much later each time, and how often in a row the helper must have been done.
  private static let step = 4
  private static let enough = 3

  /// A store in a file with a commit, and a clone of it in the folder `a`.
  private struct Place {
    let sandbox: GitSandbox
    let repository: Repository
    let remote: String

    init() async throws {
      sandbox = try GitSandbox()
      let url = "file:\(sandbox.root)/store"
      repository = try await Repository.open(url)
      try await repository.branch().commit([.set("a/b", "1"), .set("c", "1")], "One")
      remote = "'irminsul::\(url)'"
      let cloned = try await sandbox.shell("git clone -q \(remote) a")
      #expect(cloned.status == 0, "\(cloned.text)")
    }

    /// Runs lines whose helper is killed so many milliseconds after its start.
    func run(
      _ lines: String, in folder: String, killedAfter milliseconds: Int
    ) async throws -> GitSandbox.Transcript {
      try sandbox.killHelpers(after: milliseconds)
      let ended = try await sandbox.shell(lines, in: folder)
      try sandbox.killHelpers(after: nil)
      if ended.status != 0 {
        #expect(ended.text.contains("fatal:") || ended.text.contains("error:"), "\(ended.text)")
      }
      return ended
    }

    /// Everything that refs lead to is there.
    func checkRefs() async throws {
      // With nothing cached.
      let fresh = try await Repository.open("file:\(sandbox.root)/store")
      let tips = Array(try await fresh.refs().values)
      for try await _ in fresh.walk(from: tips) {}
      await fresh.close()
    }

    func end() async throws {
      let summary = try await repository.verify { Issue.record("\($0)") }
      #expect(summary.faults == 0)
      #expect(summary.incompleteObjects == 0)
      await repository.close()
    }
  }

  /// Calls `body` with a growing number of milliseconds until it has answered often enough that nothing was cut short.
  private func sweep(_ body: (Int) async throws -> Bool) async throws {
    var done = 0
    var number = 0
    var cutShort = 0
    while done < Self.enough {
      done = try await body(number * Self.step) ? done + 1 : 0
      if done == 0 { cutShort += 1 }
      number += 1
      try #require(number < 2000)
    }
    #expect(cutShort > 0)
  }

  @Test func aPush() async throws {
    let place = try await Place()
    try await sweep { delay in
      let before = try await place.repository.refs()
      let made = try await place.sandbox.shell(
        "head -c 3000 /dev/urandom > x; git add .; git commit -qm \(delay); git tag -am t t\(delay); "
          + "git rev-parse HEAD t\(delay)", in: "a")
      let ids = made.text.split(separator: "\n").compactMap { ObjectID(hex: $0) }
      let (head, tag) = (try #require(ids.first), try #require(ids.last))
      let wanted = before.merging([
        "refs/heads/main": head, "refs/tags/t\(delay)": tag,
      ]) { $1 }
      let push = "git push origin main t\(delay)"
      let ended = try await place.run(push, in: "a", killedAfter: delay)
      let between = try await place.repository.refs()
      // One script sets them all.
      #expect(between == before || between == wanted, "\(delay) ms: \(ended.text)")
      if ended.status == 0 { #expect(between == wanted, "\(delay) ms") }
      try await place.checkRefs()
      let again = try await place.sandbox.shell(
        "\(push) && git fetch -q && git status -sb", in: "a")
      #expect(again.status == 0, "\(delay) ms: \(again.text)")
      #expect(again.text.hasSuffix("## main...origin/main\n"), "\(again.text)")
      let after = try await place.repository.refs()
      #expect(after == wanted, "\(delay) ms")
      return ended.status == 0
    }
    try await place.end()
  }

  @Test func aFetch() async throws {
    let place = try await Place()
    try await sweep { delay in
      // Every other one with more than git likes to keep as files of their own.
      let count = delay.isMultiple(of: 2 * Self.step) ? 3 : 150
      let edits = try (0..<count).map {
        try BranchEdit.set(Path("d\($0 % 5)/e/\($0)"), "\(delay) \($0)")
      }
      try await place.repository.branch().commit(edits, "Commit \(delay)")
      let head = try #require(try await place.repository.branch().head()).id
      let show = "git rev-parse refs/remotes/origin/main"
      let before = try await place.sandbox.shell(show, in: "a")
      let ended = try await place.run("git fetch", in: "a", killedAfter: delay)
      let between = try await place.sandbox.shell("\(show) && git fsck --strict", in: "a")
      #expect(between.status == 0, "\(delay) ms: \(between.text)")
      #expect(
        between.text.hasPrefix(before.text) || between.text.hasPrefix("\(head)\n"),
        "\(delay) ms: \(between.text)")
      if ended.status == 0 { #expect(between.text.hasPrefix("\(head)\n")) }
      let again = try await place.sandbox.shell(
        "git fetch && \(show) && git fsck --strict", in: "a")
      #expect(again.status == 0, "\(delay) ms: \(again.text)")
      #expect(again.text.contains("\(head)\n"), "\(delay) ms: \(again.text)")
      return ended.status == 0
    }
    try await place.end()
  }

  @Test func aClone() async throws {
    let place = try await Place()
    let edits = try (0..<150).map { try BranchEdit.set(Path("d\($0 % 5)/\($0)"), "\($0)") }
    try await place.repository.branch().commit(edits, "More")
    let head = try #require(try await place.repository.branch().head()).id
    let clone = "git clone \(place.remote) c"
    try await sweep { delay in
      let ended = try await place.run(clone, in: "", killedAfter: delay)
      let isThere = FileManager.default.fileExists(atPath: "\(place.sandbox.root)/c")
      #expect(isThere == (ended.status == 0), "\(delay) ms: \(ended.text)")
      let again = try await place.sandbox.shell(
        "[ -d c ] || \(clone) 2>/dev/null; cd c && git rev-parse HEAD && git fsck --strict && "
          + "git status -s && cd .. && rm -rf c")
      #expect(again.status == 0, "\(delay) ms: \(again.text)")
      #expect(again.text.hasPrefix("\(head)\n"), "\(delay) ms: \(again.text)")
      return ended.status == 0
    }
    try await place.end()
  }
}
