/// Results of specs as text, for people and for programs.
package struct SpecReport {
  package enum Format: String, Sendable, CaseIterable {
    /// Failures with their lines, and a sum.
    case text
    /// The Test Anything Protocol, version 13.
    case tap
    /// The XML that JUnit's runner writes.
    case junit
  }

  private let results: [SpecResult]

  package init(_ results: [SpecResult]) { self.results = results }

  package var failures: [SpecResult] { results.filter { !$0.isPassed } }

  package func text(as format: Format) -> String {
    switch format {
    case .text: text
    case .tap: tap
    case .junit: junit
    }
  }

  /// Every failure with the line that failed, and the sum.
  package var text: String {
    let failures = failures
    var parts = failures.map { Self.paragraph($0) }
    let files = Set(results.map(\.file)).count
    parts.append(
      "\(results.count - failures.count) passed, \(failures.count) failed, in \(files) "
        + (files == 1 ? "file" : "files"))
    return parts.joined(separator: "\n\n")
  }

  /// A failure: its name, why, and the line of the spec or of the script.
  private static func paragraph(_ result: SpecResult) -> String {
    var lines = ["not ok  \(result.name)"]
    for line in (result.failure?.message ?? "").split(
      separator: "\n", omittingEmptySubsequences: false)
    {
      lines.append("        \(line)")
    }
    if let line = result.failure?.line {
      lines.append("        \(line.place): \(trimmed(line.text))")
    } else {
      lines.append("        \(result.file)\(result.line > 0 ? ":\(result.line)" : "")")
    }
    return lines.joined(separator: "\n")
  }

  private static func trimmed(_ text: String) -> String {
    String(text.drop { $0 == " " || $0 == "\t" })
  }

  private var tap: String {
    var rows = ["TAP version 13", "1..\(results.count)"]
    for (at, result) in results.enumerated() {
      let name = result.name.replacing("#", with: "\\#").replacing("\n", with: " ")
      rows.append("\(result.isPassed ? "ok" : "not ok") \(at + 1) - \(name)")
      guard let failure = result.failure else { continue }
      func scalar(_ text: String) -> String {
        "\""
          + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
          .replacing("\n", with: "\\n") + "\""
      }
      rows.append("  ---")
      rows.append("  message: \(scalar(failure.message))")
      rows.append("  at: \(scalar(failure.line?.place ?? "\(result.file):\(result.line)"))")
      if let line = failure.line { rows.append("  code: \(scalar(Self.trimmed(line.text)))") }
      rows.append("  ...")
    }
    return rows.joined(separator: "\n")
  }

  private var junit: String {
    var rows = ["<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<testsuites>"]
    var files: [String] = []
    for result in results where !files.contains(result.file) { files.append(result.file) }
    for file in files {
      let own = results.filter { $0.file == file }
      let failed = own.count { !$0.isPassed }
      let time = own.reduce(Duration.zero) { $0 + $1.duration }
      rows.append(
        "  <testsuite name=\"\(markupEscaped(file))\" tests=\"\(own.count)\" failures=\"\(failed)\" "
          + "errors=\"0\" time=\"\(Self.seconds(time))\">")
      for result in own {
        let head =
          "    <testcase classname=\"\(markupEscaped(file))\" name=\"\(markupEscaped(result.name))\" "
          + "time=\"\(Self.seconds(result.duration))\""
        guard let failure = result.failure else {
          rows.append(head + "/>")
          continue
        }
        let place =
          failure.line.map { "\($0.place): \(Self.trimmed($0.text))" } ?? "\(file):\(result.line)"
        rows.append(head + ">")
        rows.append(
          "      <failure message=\"\(markupEscaped(failure.message))\">\(markupEscaped(place))</failure>"
        )
        rows.append("    </testcase>")
      }
      rows.append("  </testsuite>")
    }
    rows.append("</testsuites>")
    return rows.joined(separator: "\n")
  }

  private static func seconds(_ duration: Duration) -> String {
    let (seconds, fraction) = duration.components
    let millionths = String(1_000_000 + fraction / 1_000_000_000_000).dropFirst()
    return "\(seconds).\(millionths)"
  }
}
