import Foundation
import IrminsulTestKit
import Testing

/// `blame`: the text of git's own, and entries of folders.
@Suite struct BlameTests {
  @Test(arguments: [11, 12, 13] as [UInt64])
  func linesAreGits(_ seed: UInt64) async throws {
    let history = try RandomGitHistory(50, seed: seed)
    let sandbox = try await history.imported()
    var count = 0
    for branch in history.branches {
      for path in RandomGitHistory.paths {
        let git = try history.git.status(
          of: ["blame", "--root", "--abbrev=9", branch, "--", path])
        let found = try await sandbox.irminsul("blame", path, branch)
        if git.status != 0 {
          #expect(found.status == ExitCode.refused.rawValue)
          continue
        }
        expectDone(found, git.text)
        count += git.lines.count
      }
    }
    #expect(count > 30)
  }

  @Test func someLines() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "t=1\n2\n3\n4\n"))
    expectDone(try await sandbox.irminsul("set", "t=1\nzwei\n3\n4\nfünf"))
    func numbers(_ range: String) async throws -> [Int] {
      try await sandbox.irminsul("blame", "t", "-L", range, "--json").objects()
        .compactMap { $0["line"] as? Int }
    }
    #expect(try await numbers("2,3") == [2, 3])
    #expect(try await numbers("4") == [4])
    #expect(try await numbers("4,") == [4, 5])
    #expect(try await numbers(",2") == [1, 2])
    let last = try await sandbox.irminsul("blame", "t", "-L5", "--json").object()
    #expect(last["text"] as? String == "fünf")
    #expect(last["originalLine"] as? Int == 5)
    #expect(
      Set(last.keys) == ["line", "originalLine", "text", "commit", "author", "subject"])
    for bad in ["0", "3,2", "x", ",", "1,2,3"] {
      expectRefusal(try await sandbox.irminsul("blame", "t", "-L", bad), .usage, "-L")
    }
    expectRefusal(try await sandbox.irminsul("blame", "none"), .refused, "nothing at \"none\"")
    expectRefusal(try await sandbox.irminsul("blame", "t", "none"), .refused, "no object")
    expectRefusal(try await sandbox.irminsul("blame", "", "-L", "1"), .usage, "is a folder")
  }

  @Test func entriesOfAFolder() async throws {
    let history = try RandomGitHistory(50, seed: 14)
    let sandbox = try await history.imported()
    for folder in ["", "d"] {
      let found = try await sandbox.irminsul("blame", folder, "main", "--json").objects()
      #expect(!found.isEmpty)
      for entry in found {
        let path = try #require(entry["path"] as? String)
        let git = try history.text("log --topo-order -n 1 --format=%H main -- \(path)")
        #expect(entry["commit"] as? String == String(git.dropLast()), "\(path)")
      }
      let lines = expectDone(try await sandbox.irminsul("blame", folder, "main")).lines
      #expect(lines.count == found.count)
      for (line, entry) in zip(lines, found) {
        let name = try #require(entry["name"] as? String)
        #expect(line.hasSuffix(") \(name)\(entry["kind"] as? String == "tree" ? "/" : "")"))
        #expect(line.hasPrefix((entry["commit"] as? String ?? "").prefix(10)))
      }
    }
  }
}
