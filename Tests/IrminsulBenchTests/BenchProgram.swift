@testable import IrminsulBench

/// The program itself, run to its end.
enum BenchProgram {
  /// The lines that it prints.
  static func output(_ arguments: [String]) async throws -> [String] {
    try await ThreadTeam.run {
      let child = try ChildProcess(arguments, errors: .hidden)
      var lines: [String] = []
      while let line = try child.nextLine() { lines.append(line) }
      guard child.finish() == 0 else { throw BenchError("it failed") }
      return lines
    }
  }
}
