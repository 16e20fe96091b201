/// Which lines and branches of some scripts have run.
package struct CoverageReport: Sendable {
  package struct Branch: Sendable {
    package let branch: ScriptBranch
    package let whenFalse: Bool
    package let whenTrue: Bool

    /// The ways that were gone, of two.
    package var reached: Int { (whenFalse ? 1 : 0) + (whenTrue ? 1 : 0) }

    /// Such as `if x == 1 was never true`; nil when both ways were gone.
    package var fault: String? {
      switch (whenFalse, whenTrue) {
      case (true, true): nil
      case (true, false): "`\(branch.text)` was never true"
      case (false, true): "`\(branch.text)` was never false"
      case (false, false): "`\(branch.text)` was never reached"
      }
    }
  }

  package struct File: Sendable {
    package let path: String
    /// Every line of the file.
    package let texts: [String]
    /// Lines that have code, and whether they have run.
    package let lines: [Int: Bool]
    package let branches: [Branch]

    package var lineCount: Int { lines.count }
    package var linesRun: Int { lines.values.count { $0 } }
    package var branchCount: Int { branches.count * 2 }
    package var branchesRun: Int { branches.reduce(0) { $0 + $1.reached } }
    package var missedLines: [Int] { lines.filter { !$0.value }.keys.sorted() }
  }

  package let files: [File]

  package var lineCount: Int { files.reduce(0) { $0 + $1.lineCount } }
  package var linesRun: Int { files.reduce(0) { $0 + $1.linesRun } }
  package var branchCount: Int { files.reduce(0) { $0 + $1.branchCount } }
  package var branchesRun: Int { files.reduce(0) { $0 + $1.branchesRun } }

  /// One decimal, cut off, so that only all is 100.0.
  package static func percent(_ part: Int, of whole: Int) -> String {
    let tenths = whole == 0 ? 1000 : part * 1000 / whole
    return "\(tenths / 10).\(tenths % 10)"
  }

  /// A table of the files, what was missed in each, and as the last line the lines that have run, in per cent.
  package var text: String {
    let width = max(6, files.map(\.path.count).max() ?? 0)
    func row(_ name: String, _ lines: String, _ branches: String) -> String {
      func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
      }
      return name + String(repeating: " ", count: width - name.count) + right(lines, 16)
        + right(branches, 16)
    }
    func counts(_ part: Int, _ whole: Int) -> String {
      "\(part)/\(whole) \(Self.percent(part, of: whole))%"
    }
    var rows = [row("script", "lines", "branches")]
    for file in files {
      rows.append(
        row(
          file.path, counts(file.linesRun, file.lineCount),
          counts(file.branchesRun, file.branchCount)))
    }
    rows.append(row("total", counts(linesRun, lineCount), counts(branchesRun, branchCount)))
    for file in files {
      for number in file.missedLines {
        rows.append("\(file.path):\(number): never run: \(Self.trimmed(file.texts[number - 1]))")
      }
      for branch in file.branches {
        guard let fault = branch.fault, file.lines[branch.branch.line.number] != false else {
          continue
        }
        rows.append("\(file.path):\(branch.branch.line.number): \(fault)")
      }
    }
    return (rows + [Self.percent(linesRun, of: lineCount)]).joined(separator: "\n")
  }

  private static func trimmed(_ text: String) -> String {
    String(text.drop { $0 == " " || $0 == "\t" })
  }

  /// As lcov's genhtml and most services read it.
  ///
  /// Source: https://manpages.debian.org/bookworm/lcov/geninfo.1.en.html#FILES
  package var lcov: String {
    var rows: [String] = []
    for file in files {
      rows += ["TN:", "SF:\(file.path)"]
      for (at, branch) in file.branches.enumerated() {
        let isReached = branch.reached > 0
        for (way, isGone) in [branch.whenFalse, branch.whenTrue].enumerated() {
          rows.append(
            "BRDA:\(branch.branch.line.number),\(at),\(way),\(isReached ? isGone ? "1" : "0" : "-")"
          )
        }
      }
      rows += ["BRF:\(file.branchCount)", "BRH:\(file.branchesRun)"]
      for (number, isRun) in file.lines.sorted(by: { $0.key < $1.key }) {
        rows.append("DA:\(number),\(isRun ? 1 : 0)")
      }
      rows += ["LF:\(file.lineCount)", "LH:\(file.linesRun)", "end_of_record"]
    }
    return rows.joined(separator: "\n")
  }
}
