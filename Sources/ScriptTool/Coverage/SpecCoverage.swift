import EmbeddedRedis
import RedisScripting

/// Which lines and branches of scripts a run of specs has reached.
package final class SpecCoverage: Sendable {
  private struct State {
    /// Every line that has code, and whether it has run.
    var lines: [ScriptLine: Bool] = [:]
    /// Which ways were gone: the condition was false, and true.
    var branches: [ScriptBranch: (whenFalse: Bool, whenTrue: Bool)] = [:]
    /// All lines of all files, for reports.
    var files: [String: [Int: String]] = [:]
  }

  private let state = Locked(State())

  package init() {}

  /// All scripts that there are, so that one that nothing runs is missed as a whole.
  func expect(_ scripts: [ScriptText]) throws(ScriptToolError) {
    for script in scripts {
      let chunk = try SpecProgram.parse(script.lines)
      let functions = SpecProgram.functions(of: chunk, first: 0)
      let map = BranchMap(script.lines, chunk: chunk, function: "", first: 1)
      state.withLock { state in
        for line in script.lines { state.files[line.file, default: [:]][line.number] = line.text }
        for function in functions {
          for number in function.statements where script.lines.indices.contains(number - 1) {
            let line = script.lines[number - 1]
            state.lines[line] = state.lines[line] ?? false
          }
        }
        for branch in map.branches {
          state.branches[branch] = state.branches[branch] ?? (false, false)
        }
      }
    }
  }

  func add(_ lines: ScriptCoverage.Lines, of program: SpecProgram) {
    state.withLock { state in
      // Of a function that was called Lua knows better than its text on which lines it has code.
      for function in program.functions where lines.functions.contains(function.line) {
        for number in function.statements where !lines.code.contains(number) {
          state.lines[program.lines[number - 1]] = nil
        }
      }
      for number in lines.code.union(lines.run) where program.lines.indices.contains(number - 1) {
        let line = program.lines[number - 1]
        guard state.files[line.file] != nil else { continue }
        state.lines[line] = state.lines[line] == true || lines.run.contains(number)
      }
    }
  }

  func add(branches numbers: [Int64], of program: SpecProgram) {
    state.withLock { state in
      for number in numbers {
        let at = Int(number - 1) / 2
        guard program.branches.indices.contains(at) else { continue }
        let branch = program.branches[at]
        guard state.files[branch.line.file] != nil else { continue }
        if number % 2 == 0 {
          state.branches[branch, default: (false, false)].whenTrue = true
        } else {
          state.branches[branch, default: (false, false)].whenFalse = true
        }
      }
    }
  }

  /// What was reached, by file in the order of names.
  package var report: CoverageReport {
    state.withLock { state in
      var files: [CoverageReport.File] = []
      for (path, texts) in state.files {
        let lines = state.lines.filter { $0.key.file == path }
        let branches = state.branches.filter { $0.key.line.file == path }
          .sorted { ($0.key.line.number, $0.key.column) < ($1.key.line.number, $1.key.column) }
        files.append(
          CoverageReport.File(
            path: path,
            // What is behind the last line's end is no line.
            texts: (0..<(texts.filter { !$0.value.isEmpty }.keys.max() ?? 0)).map {
              texts[$0 + 1] ?? ""
            },
            lines: Dictionary(uniqueKeysWithValues: lines.map { ($0.key.number, $0.value) }),
            branches: branches.map {
              CoverageReport.Branch(
                branch: $0.key, whenFalse: $0.value.whenFalse, whenTrue: $0.value.whenTrue)
            }))
      }
      return CoverageReport(files: files.sorted { $0.path < $1.path })
    }
  }
}
