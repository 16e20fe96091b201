import EmbeddedRedis
import Foundation
import IrminsulTestKit
import RedisScripting
import Testing

/// A file that a process has open twice, and another process opens and closes.
@Suite struct FileLockTests {
  /// Closing any descriptor of a file gives up all of a process' locks on it: SQLite's, too. Then another process that
  /// closes the file takes itself for the last one, and removes the log into which the first goes on to write.
  @Test func whatIsAcknowledgedStaysWhenAnotherProcessCloses() async throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/store"
    let link = folder.path + "/link"
    let first = try EmbeddedHost(storage: .file(path: path))
    _ = try await first.run(Command("SET", "a", "1"))
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
    // By another path as well: it is the same file.
    for again in [path, link] {
      let second = try EmbeddedHost(storage: .file(path: again))
      _ = try await second.run(Command("SET", "b", again))
      await second.close()
      try openAndClose(path)
      _ = try await first.run(Command("SET", "c", again))
      try openAndClose(path)
      _ = try await first.run(Command("SET", "d", again))
      let third = try EmbeddedHost(storage: .file(path: path))
      for key in ["b", "c", "d"] {
        let reply = try await third.run(Command("GET", key))
        #expect(reply == .bytes(Bytes(again.utf8)), "\(key) after \(again)")
      }
      await third.close()
    }
    await first.close()
  }

  /// A process of its own reads the file and closes it, as the last one would.
  private func openAndClose(_ path: String) throws {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [
      "python3", "-c",
      """
      import sqlite3, sys
      connection = sqlite3.connect(sys.argv[1])
      connection.execute("SELECT count(*) FROM keys").fetchone()
      connection.close()
      """, path,
    ]
    try Launcher.run(process)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }
}
