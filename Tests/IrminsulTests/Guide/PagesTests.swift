import Foundation
import Testing

/// What the pages show is what the tests compile and run.
@Suite struct PagesTests {
  private static let top = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../..").standardizedFileURL

  private static let catalogue = top.appending(path: "Sources/Irminsul/Irminsul.docc")

  /// The pages whose code is compiled, and the folders where that is done.
  static let pages: [String: String] = [
    "FirstStore": "Tests/IrminsulTests/Guide", "Concepts": "Tests/IrminsulTests/Guide",
    "Trees": "Tests/IrminsulTests/Guide", "BranchesAndHistory": "Tests/IrminsulTests/Guide",
    "Merging": "Tests/IrminsulTests/Guide", "Transactions": "Tests/IrminsulTests/Guide",
    "Watches": "Tests/IrminsulTests/Guide", "ContentsAndMerges": "Tests/IrminsulTests/Guide",
    "Production": "Tests/IrminsulTests/Guide", "ComingFromGit": "Tests/IrminsulTests/Guide",
    "History": "Tests/IrminsulTests/Guide", "Synchronising": "Tests/IrminsulTests/Guide",
    "Containers": "Tests/IrminsulTests/Guide", "Proofs": "Tests/IrminsulTests/Guide",
    "WritingABackend": "Tests/WritingABackend", "SharedConfiguration": "Sources/IrminsulExample",
  ]

  @Test(arguments: pages.keys.sorted())
  func everySnippetIsCompiled(_ page: String) throws {
    let folder = try #require(Self.pages[page])
    let code = try Self.words(Self.sources(in: folder).joined(separator: "\n"))
    let snippets = try Self.snippets(of: page)
    #expect(!snippets.isEmpty)
    for snippet in snippets where !snippet.hasPrefix("// swift-tools-version") {
      // The file's imports stand at its top.
      let body = snippet.replacing(/^import Irminsul\n\n/, with: "")
      #expect(code.contains(Self.words(body)), "not compiled, on page \(page):\n\(snippet)")
    }
  }

  /// Who puts the snippets of the tutorial into the files that it names has what the tests run.
  @Test(arguments: [
    "FolderStore/Place.swift", "FolderStore/Layers.swift", "FolderStore/FolderBranches.swift",
    "FolderStore/FolderBackend.swift", "FolderStoreTests/FolderStoreTests.swift",
  ])
  func theTutorialsSnippetsAreItsFiles(_ file: String) throws {
    let text = try String(
      contentsOf: Self.top.appending(path: "Tests/WritingABackend").appending(path: file),
      encoding: .utf8)
    let parts = try Self.snippets(of: "WritingABackend").filter { text.contains($0) }
    #expect(parts.joined(separator: "\n\n") + "\n" == text)
  }

  /// A manifest is compiled by the package manager.
  @Test(arguments: ["FirstStore", "WritingABackend"])
  func theManifestsAreOnes(_ page: String) throws {
    let manifest = try #require(
      try Self.snippets(of: page).first { $0.hasPrefix("// swift-tools-version") })
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data(manifest.utf8).write(to: folder.appending(path: "Package.swift"))
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["swift", "package", "--package-path", folder.path, "dump-package"]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let description = try #require(try output.fileHandleForReading.readToEnd())
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    #expect(String(decoding: description, as: UTF8.self).contains("\"product\""))
  }

  /// Every page of the catalogue is listed on the first one.
  @Test func everyPageIsListed() throws {
    let first = try Self.text(of: "Irminsul")
    for file in try FileManager.default.contentsOfDirectory(atPath: Self.catalogue.path)
    where file.hasSuffix(".md") && file != "Irminsul.md" {
      #expect(first.contains("- <doc:\(file.dropLast(3))>"), "\(file) is not listed")
    }
  }

  /// The page names the users of the README, which `PermissionTests` let do everything.
  @Test func theUserOfTheReadmeIsThePages() throws {
    let readme = try String(
      contentsOf: Self.top.appending(path: "README.md"), encoding: .utf8)
    let start = try #require(readme.range(of: "ACL SETUSER app "))
    let end = try #require(readme.range(of: "```", range: start.upperBound..<readme.endIndex))
    #expect(try Self.text(of: "Production").contains(readme[start.lowerBound..<end.lowerBound]))
  }

  // MARK: -

  static func text(of page: String) throws -> String {
    try String(contentsOf: catalogue.appending(path: "\(page).md"), encoding: .utf8)
  }

  static func snippets(of page: String) throws -> [String] {
    try text(of: page).matches(of: /```swift\n((?:.|\n)*?)\n```/).map { String($0.output.1) }
  }

  private static func sources(in folder: String) throws -> [String] {
    let files = try #require(
      FileManager.default.enumerator(
        at: top.appending(path: folder), includingPropertiesForKeys: nil))
    return try files.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }
      .map { try String(contentsOf: $0, encoding: .utf8) }
  }

  /// The formatter breaks lines where it likes.
  private static func words(_ text: String) -> String {
    String(text.filter { !$0.isWhitespace })
  }
}
