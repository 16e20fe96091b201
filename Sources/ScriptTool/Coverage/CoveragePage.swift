/// A coverage report as one HTML page that needs nothing else.
package struct CoveragePage {
  private let report: CoverageReport

  package init(_ report: CoverageReport) { self.report = report }

  package var html: String {
    var rows = ""
    for (at, file) in report.files.enumerated() {
      rows += row(
        "<a href=\"#f\(at)\">\(escaped(file.path))</a>", (file.linesRun, file.lineCount),
        (file.branchesRun, file.branchCount))
    }
    rows += row(
      "<b>total</b>", (report.linesRun, report.lineCount),
      (report.branchesRun, report.branchCount))
    let listings = report.files.enumerated().map { listing($1, at: $0) }.joined(separator: "\n")
    return """
      <!doctype html>
      <html lang="en"><head><meta charset="utf-8"><title>Coverage of scripts</title>
      <style>
      body { font: 14px/1.4 system-ui, sans-serif; margin: 2em auto; max-width: 70em; color: #222; }
      table.summary { border-collapse: collapse; }
      .summary td, .summary th { padding: .2em 1em; text-align: right; border-bottom: 1px solid #ddd; }
      .summary td:first-child, .summary th:first-child { text-align: left; }
      .bar { display: inline-block; width: 8em; height: .8em; background: #f3b6b0; }
      .bar i { display: block; height: 100%; background: #58a55c; }
      table.listing { border-collapse: collapse; font: 12px/1.35 ui-monospace, monospace; width: 100%; }
      .listing td { padding: 0 .6em; white-space: pre-wrap; vertical-align: top; }
      .listing td:first-child { color: #888; text-align: right; user-select: none; width: 3em; }
      tr.run td { background: #e6f4e7; } tr.missed td { background: #fbdcd8; }
      tr.part td { background: #fff3cd; } .note { color: #8a5a00; font-style: italic; }
      </style></head><body>
      <h1>Coverage of scripts</h1>
      <table class="summary"><tr><th>script</th><th></th><th>lines</th><th>branches</th></tr>
      \(rows)</table>
      <p>Green has run; red has code and has not; in yellow lines a condition went one way only.</p>
      \(listings)
      </body></html>
      """
  }

  private func row(
    _ name: String, _ lines: (Int, Int), _ branches: (Int, Int)
  ) -> String {
    let percent = CoverageReport.percent(lines.0, of: lines.1)
    return
      "<tr><td>\(name)</td><td><span class=\"bar\"><i style=\"width:\(percent)%\"></i></span></td>"
      + "<td>\(percent)% (\(lines.0)/\(lines.1))</td>"
      + "<td>\(CoverageReport.percent(branches.0, of: branches.1))% (\(branches.0)/\(branches.1))</td></tr>\n"
  }

  private func listing(_ file: CoverageReport.File, at index: Int) -> String {
    var faults: [Int: [String]] = [:]
    for way in file.openWays { faults[way.line, default: []].append(way.fault) }
    var rows = ""
    for (at, text) in file.texts.enumerated() {
      let number = at + 1
      var (mark, note) = ("", "")
      if let isRun = file.lines[number] {
        mark = isRun ? "run" : "missed"
        if isRun, let faults = faults[number] {
          mark = "part"
          note = "  <span class=\"note\">\(escaped(faults.joined(separator: "; ")))</span>"
        }
      }
      rows += "<tr class=\"\(mark)\"><td>\(number)</td><td>\(escaped(text))\(note)</td></tr>\n"
    }
    return
      "<h2 id=\"f\(index)\">\(escaped(file.path))</h2>\n<table class=\"listing\">\n\(rows)</table>"
  }

  private func escaped(_ text: String) -> String { markupEscaped(text) }
}

/// A text within HTML, XML or SVG: what those do not allow is U+FFFD.
func markupEscaped(_ text: String) -> String {
  var escaped = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "&": escaped += "&amp;"
    case "<": escaped += "&lt;"
    case ">": escaped += "&gt;"
    case "\"": escaped += "&quot;"
    case "\t", "\n": escaped.unicodeScalars.append(scalar)
    case "\0"..<" ", "\u{fffe}", "\u{ffff}": escaped += "\u{fffd}"
    default: escaped.unicodeScalars.append(scalar)
    }
  }
  return escaped
}
