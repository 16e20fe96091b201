import Foundation
import Irminsul
import IrminsulTestKit
import Testing

/// The code of the page "Trees".
@Suite struct TreesGuide {
  @Test func editsAreValues() async throws {
    let repository = try await Repository.open("memory:")
    let main = repository.branch()

    var texts = Tree.empty
    texts = try await texts.adding("Hello", at: "en/greeting")
    texts = try await texts.adding("Hallo", at: "de/greeting")
    try await main.setTree("texts", to: texts, "Add greetings")
    let shorter = try await texts.removing("de")
    print(try await shorter.list().map(\.nameText))  // ["en"]
    print(try await texts.list().map(\.nameText))  // ["de", "en"]
    #expect(try await shorter.list().map(\.nameText) == ["en"])
    #expect(try await texts.list().map(\.nameText) == ["de", "en"])
    if let stored = try await main.findTree("texts") {
      print(try await stored.find("en/greeting", as: String.self) ?? "")  // Hello
      print(try await stored.mem("fr/greeting"))  // false
    }
  }

  @Test func pagesOfALargeDirectory() async throws {
    let repository = try await Repository.open("memory:?layout=wide")
    let main = repository.branch()
    try await main.commit(
      try (0..<1000).map { try .set(Path("jobs/\(1000 + $0)"), "queued") }, "Enqueue a thousand")

    guard let tree = try await main.findTree("jobs") else { return }
    var last: String?
    var pages = 0
    while true {
      let page = try await tree.list(.root, ListRange(after: last, limit: 300))
      guard let end = page.last else { break }
      last = end.nameText
      pages += 1
    }
    print(pages)  // 4
    #expect(pages == 4)
    #expect(try await tree.count() == 1000)
    await repository.close()
  }

  @Test func differences() async throws {
    let repository = try await Repository.open("memory:")
    let main = repository.branch()
    try await main.commit([.set("a/x", "1"), .set("b/y", "1")], "Begin")
    guard let before = try await main.findTree() else { return }
    try await main.commit([.set("a/x", "2"), .set("a/z", "1")], "Go on")
    guard let after = try await main.findTree() else { return }

    for change in try await before.diff(to: after) {
      switch change {
      case .added(let path, _): print("+ \(path)")
      case .removed(let path, _): print("- \(path)")
      case .updated(let path, _, _): print("~ \(path)")
      }
    }
    // ~ a/x
    // + a/z
    #expect(try await before.diff(to: after).map(\.path) == ["a/x", "a/z"])
    try await main.withTree("a", "Copy x", strategy: .merge(MergeRules())) { tree in
      guard let value = try await tree.find("x") else { return tree }
      return try await tree.adding(value, at: "copy")
    }
    print(try await main.get("a/copy", as: String.self))  // 2
    #expect(try await main.get("a/copy", as: String.self) == "2")
    let base = try await Tree.empty.adding("red", at: "color").adding("small", at: "size")
    let ours = try await base.adding("blue", at: "color")
    let theirs = try await base.adding("large", at: "size")
    let merge = try await Tree.merge(base: base, ours: ours, theirs: theirs)
    let merged = try await merge.tree()
    print(try await merged.find("color", as: String.self) ?? "")  // blue
    print(try await merged.find("size", as: String.self) ?? "")  // large
    #expect(try await merged.find("color", as: String.self) == "blue")
    #expect(try await merged.find("size", as: String.self) == "large")
    await repository.close()
  }
}
