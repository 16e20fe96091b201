import Foundation
import Irminsul
import IrminsulTestKit
import Testing

/// The code of the page "Branches and histories".
@Suite struct BranchesAndHistoryGuide {
  @Test func branches() async throws {
    let repository = try await Repository.open("memory:")
    let main = repository.branch()
    let head = try await main.set("title", to: "Notes", "Begin").head

    if let head {
      let draft = try await repository.createBranch("draft", at: head)
      try await draft.set("title", to: "Better notes", "Try a title")
    }
    print(try await repository.branches())  // ["draft", "main"]
    #expect(try await repository.branches() == ["draft", "main"])
    let draft = repository.branch("draft")
    try await main.set("author", to: "Ada", "Sign")
    switch try await main.merge(draft) {
    case .merged(let commit, _): print(commit.subject)  // Merge branch 'draft' into main
    case .fastForwarded, .unchanged: break
    }
    #expect(try await main.get("title", as: String.self) == "Better notes")
    #expect(try await main.get("author", as: String.self) == "Ada")
    #expect(try await main.head()?.subject == "Merge branch 'draft' into main")
    for commit in try await main.log(limit: 2) {
      print(commit.id.hex.prefix(7), commit.author?.name ?? "", commit.subject)
    }
    var options = LogOptions(order: .topological, path: "title")
    options.parents = .first
    if let head = try await main.head() {
      for try await commit in repository.log(from: head.id, options).prefix(10) {
        print(commit.subject)
      }
    }
    let last = try await main.lastModified("title").first
    print(last?.subject ?? "never")  // Try a title
    #expect(last?.subject == "Try a title")
    if let sign = try await main.log().first(where: { $0.subject == "Sign" }) {
      let old = try await repository.tree(sign.id)
      try await main.setTree(.root, to: old, "Back to before the merge")
    }
    print(try await main.get("title", as: String.self))  // Notes
    #expect(try await main.get("title", as: String.self) == "Notes")
    await repository.close()
  }

  @Test func exchange() async throws {
    let shared = try await Repository.open("memory:")
    try await shared.branch().set("title", to: "Notes", "Begin")

    let mine = try await Repository.open("memory:")
    try await mine.clone(from: shared)
    try await mine.branch().set("author", to: "Ada", "Sign")

    let sent = try await mine.push("main", to: shared)
    print(sent.objects)  // 3
    #expect(sent.objects == 3)
    #expect(try await shared.branch().get("author", as: String.self) == "Ada")
    await mine.close()
    await shared.close()
  }
}
