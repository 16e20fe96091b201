import Foundation
import IrminsulTestKit

/// Runs other programs to their end.
enum Program {
  /// What a program prints.
  ///
  /// - Throws: ``BenchError`` when it is not there or fails.
  static func output(
    of words: [String], in folder: URL? = nil, input: Data = Data()
  ) async throws -> String {
    try await ThreadTeam.run {
      let process = Process()
      let (stdin, stdout) = (Pipe(), Pipe())
      process.executableURL = URL(filePath: "/usr/bin/env")
      process.arguments = words
      if let folder { process.currentDirectoryURL = folder }
      process.standardInput = stdin
      process.standardOutput = stdout
      do {
        try Launcher.run(process)
      } catch {
        throw BenchError("cannot run \(words[0]): \(error)")
      }
      // Programs that are given much say little: this does not wait for each other.
      try? stdin.fileHandleForWriting.write(contentsOf: input)
      try? stdin.fileHandleForWriting.close()
      let text = stdout.fileHandleForReading.readDataToEndOfFile()
      process.waitUntilExit()
      guard process.terminationReason == .exit, process.terminationStatus == 0 else {
        throw BenchError("\(words[0]) failed with status \(process.terminationStatus)")
      }
      return String(decoding: text, as: UTF8.self)
    }
  }
}
