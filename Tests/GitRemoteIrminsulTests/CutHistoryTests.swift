import Foundation
import Irminsul
import IrminsulTestKit
import Testing

/// A store whose history has been cut is a shallow remote.
@Suite struct CutHistoryTests {
  private func cut(_ store: Repository) async throws {
    var options = CollectionOptions()
    options.grace = .zero
    options.reflog = .zero
    options.share = 1
    _ = try await store.collectGarbage(options)
  }

  @Test func aCloneIsShallow() async throws {
    let folder = try GitSandbox()
    let url = "file:\(folder.root)/store?durability=normal"
    let store = try await Repository.open(url)
    for number in 0..<8 { try await store.branch().set("f\(number)", to: "\(number)", "\(number)") }
    let whole = try await folder.shell("git clone -q 'irminsul::\(url)' whole")
    #expect(whole.status == 0, "\(whole.text)")
    try await store.set(.retentionCommits, to: "3")
    try await cut(store)

    let clone = try await folder.shell(
      "git clone -q 'irminsul::\(url)' a && cd a && git fsck --strict && git log --oneline | wc -l"
        + " && git rev-parse --is-shallow-repository && ls | wc -l")
    #expect(clone.status == 0, "\(clone.text)")
    #expect(
      clone.text.split(whereSeparator: \.isWhitespace).map(String.init) == ["3", "true", "8"],
      "\(clone.text)")
    // Whoever has the whole history goes on with it.
    try await store.branch().set("more", to: "1", "More")
    let pulled = try await folder.shell(
      "git pull -q && git log --oneline | wc -l && git rev-parse --is-shallow-repository"
        + " && git fsck --strict && git commit -q --allow-empty -m mine && git push -q",
      in: "whole")
    #expect(pulled.status == 0, "\(pulled.text)")
    #expect(
      pulled.text.split(whereSeparator: \.isWhitespace).map(String.init) == ["9", "false"],
      "\(pulled.text)")
    let second = try await folder.shell(
      "git pull -q && git log --oneline | wc -l && git fsck --strict"
        + " && git commit -q --allow-empty -m two && git push -q", in: "a")
    #expect(second.status == 0, "\(second.text)")
    #expect(second.text.trimmingCharacters(in: .whitespacesAndNewlines) == "5", "\(second.text)")
    let summary = try await store.verify { Issue.record("\($0)") }
    #expect(summary.incompleteObjects == 0)
    let count = try await store.branch().log().count
    #expect(count == 6)
    // The boundary moves on, and who is behind it gets what there is.
    try await cut(store)
    for number in 0..<4 { try await store.branch().set("g\(number)", to: "\(number)", "More") }
    try await cut(store)
    let behind = try await folder.shell(
      "git fetch -q && git log --oneline origin/main | wc -l && git fsck --strict", in: "a")
    #expect(behind.status == 0, "\(behind.text)")
    await store.close()
  }

  /// Whoever still has what was cut off may push what leads to it.
  @Test(arguments: [
    (
      "a branch",
      "git checkout -q -b side HEAD~6 && echo x > x && git add x && git commit -qm x && git push -q origin side"
    ),
    (
      "a merge",
      "git merge -q -s ours -m join $(git commit-tree -p HEAD~5 -m old HEAD~5^{tree}) && git push -q origin main"
    ),
    ("an annotated tag", "git tag -a -m old old HEAD~6 && git push -q origin old"),
    ("a plain tag", "git tag old HEAD~6 && git push -q origin old"),
    ("a commit that was cut", "git push -q origin HEAD~6:refs/heads/old"),
    ("a new commit alone", "git commit -q --allow-empty -m new && git push -q origin main"),
    (
      "a forced older one",
      "git reset -q --hard HEAD~4 && git commit -q --allow-empty -m new && git push -qf origin main"
    ),
  ])
  func aPushFromBeforeTheCut(_ name: String, _ commands: String) async throws {
    let folder = try GitSandbox()
    let url = "file:\(folder.root)/store?durability=normal"
    let store = try await Repository.open(url)
    for number in 0..<9 { try await store.branch().set("f\(number)", to: "\(number)", "\(number)") }
    let whole = try await folder.shell("git clone -q 'irminsul::\(url)' whole")
    #expect(whole.status == 0, "\(whole.text)")
    try await store.set(.retentionCommits, to: "3")
    try await cut(store)
    let before = try await store.statistics().objects
    let pushed = try await folder.shell(commands, in: "whole")
    #expect(pushed.status == 0, "\(pushed.text)")
    var summary = try await store.verify { Issue.record("\($0)") }
    #expect(summary.incompleteObjects == 0)
    let refs = try await store.heads()
    for (branch, _) in refs { _ = try await store.branch(branch).log().count }
    if name == "a new commit alone" {
      let after = try await store.statistics().objects
      #expect(after == before + 1)
    }
    let clone = try await folder.shell(
      "git clone -q 'irminsul::\(url)' copy && cd copy && git fsck --strict")
    #expect(clone.status == 0, "\(clone.text)")
    try await cut(store)
    summary = try await store.verify { Issue.record("\($0)") }
    #expect(summary.incompleteObjects == 0)
    await store.close()
  }
}
