import Foundation
import IrminsulTestKit
import Testing

/// The table that maps Irmin to this library names tests: they are there.
@Suite struct ComingFromIrminTests {
  @Test func everyTestThatTheTableNamesIsThere() throws {
    let top = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
      .standardizedFileURL
    let page = try String(
      contentsOf: top.appending(path: "Sources/Irminsul/Irminsul.docc/ComingFromIrmin.md"),
      encoding: .utf8)
    var suites: Set<String> = []
    let files = FileManager.default.enumerator(atPath: top.appending(path: "Tests").path)
    while let file = files?.nextObject() as? String {
      let parts = file.split(separator: "/").map { String($0.split(separator: ".")[0]) }
      suites.formUnion(parts)
    }
    let names = Set(Behaviour.all.map(\.name))
    var rows = 0
    for line in page.split(separator: "\n") where line.hasPrefix("| ") {
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      guard cells.count > 1, cells[0] != "Irmin" else { continue }
      rows += 1
      // A row without a test says why there is nothing to test.
      if cells.count < 3 || cells[2].isEmpty {
        #expect(
          cells[1].contains("not there") || cells[1].contains("generics"),
          "no test and no reason: \(line)")
        continue
      }
      for match in cells[2].matches(of: /"([^"]+)"/) {
        let name = String(match.output.1)
        // `the cases "merge: …"` stands for all that begin so.
        let isThere =
          name.hasSuffix("…")
          ? names.contains { $0.hasPrefix(name.dropLast()) } : names.contains(name)
        #expect(isThere, "\(name)")
      }
      for match in cells[2].matches(of: /\b[A-Z][A-Za-z0-9]+Tests\b/) {
        #expect(suites.contains(String(match.output)), "\(match.output)")
      }
    }
    #expect(rows > 70)
  }
}
