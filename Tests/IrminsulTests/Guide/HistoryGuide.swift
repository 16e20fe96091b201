import Foundation
import Irminsul
import Testing

/// The code of the page "History".
@Suite struct HistoryGuide {
  @Test func walksDrawsAndUndoes() async throws {
    let repository = try await Repository.open("memory:")
    let main = repository.branch()
    let release = try #require(try await main.set("config/a", to: "1", "Release").head)
    let commit = try #require(try await main.set("config/a", to: "2", "Change").head)
    let head = try #require(try await main.set("other", to: "3", "Head").head)
    let yesterday = release

    for try await commit in repository.log(from: head).prefix(10) { print(commit) }

    var options = LogOptions(order: .topological, path: "config")
    options.excluding = [release]
    let since = repository.log(from: head, options)
    var found: [ObjectID] = []
    for try await commit in since { found.append(commit.id) }
    #expect(found == [commit])

    let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: file) }
    let drawing = try await repository.drawing(limit: 50)
    print(drawing.text())  // as git log --graph
    try drawing.svg().write(to: file, atomically: true, encoding: .utf8)
    #expect(drawing.nodes.count == 3)

    try await main.revert(commit)  // a merge with the inverse of that commit
    try await main.restore("config", from: yesterday)  // what it had there, in a new commit
    for try await entry in main.reflog() { print(entry.index, entry.new?.hex ?? "removed") }
    try await main.setHead(try await repository.resolve("main@{1}"))
    #expect(try await main.head()?.id == head)
    await repository.close()
  }
}
