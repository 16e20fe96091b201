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
    /// Why a way of a line's conditions cannot be gone, as a comment `-- coverage: allow REASON` says on that line
    /// or alone on the line before.
    package let reasons: [Int: String]

    init(path: String, texts: [String], lines: [Int: Bool], branches: [Branch]) {
      (self.path, self.texts, self.lines, self.branches) = (path, texts, lines, branches)
      var reasons: [Int: String] = [:]
      for (at, text) in texts.enumerated() {
        guard let match = text.firstMatch(of: #/--+\s*coverage: allow (.+)$/#) else { continue }
        let isAlone = text[..<match.range.lowerBound].allSatisfy { $0 == " " || $0 == "\t" }
        reasons[isAlone ? at + 2 : at + 1] = String(match.1)
      }
      self.reasons = reasons
    }

    /// The ways that were not gone though their line has run, and why, where that is said.
    package var openWays: [(line: Int, fault: String, reason: String?)] {
      branches.compactMap { branch in
        let line = branch.branch.line.number
        guard let fault = branch.fault, lines[line] != false else { return nil }
        return (line, fault, reasons[line])
      }
    }

    /// Lines with a reason that nothing needs.
    package var needlessReasons: [Int] {
      Set(reasons.keys).subtracting(openWays.map(\.line)).sorted()
    }

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
      for way in file.openWays {
        rows.append(
          "\(file.path):\(way.line): \(way.fault)" + (way.reason.map { " (\($0))" } ?? ""))
      }
      for number in file.needlessReasons {
        rows.append("\(file.path):\(number): a reason is given, and every way was gone")
      }
    }
    let open = files.flatMap(\.openWays)
    if !open.isEmpty {
      rows.append(
        "conditions that went one way: \(open.count), with a reason: \(open.count { $0.reason != nil })"
      )
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
