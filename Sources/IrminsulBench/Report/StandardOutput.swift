import Foundation

/// What the benchmark prints. Each line is written at once: rows come minutes apart.
enum StandardOutput {
  static func line(_ text: String) throws {
    do {
      try FileHandle.standardOutput.write(contentsOf: Data((text + "\n").utf8))
    } catch {
      throw BenchError(
        "cannot write to standard output: \(error.localizedDescription)", .inputOutput)
    }
  }
}
