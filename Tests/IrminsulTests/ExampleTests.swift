import Foundation
import Irminsul
import Testing

@testable import IrminsulExample

/// The program of the page "A shared configuration", and what the page says that it prints.
@Suite struct ExampleTests {
  @Test func printsWhatThePageSays() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let shared = try await Repository.open("memory:")
    let said = try await Example.story(in: folder, shared)
    #expect(try await shared.verify { _ in }.faults == 0)
    await shared.close()
    let page = try PagesTests.text(of: "SharedConfiguration")
    let text = said.joined(separator: "\n").trimmingCharacters(in: .newlines)
    #expect(page.contains(text), "it prints:\n\(text)")
  }
}
