import Foundation
import GitObjects
import Irminsul
import Testing

/// The pack that a clone makes, and its index.
@Suite struct PackTests {
  /// Versions of files of every kind: that grow at their ends, change in several places, are moved about in, shrink, are
  /// exchanged for others, or have nothing in common.
  private static let history = """
    git init -q --object-format=FORMAT s; cd s
    seq 20000 > numbers; seq 3000 | sed 's/$/ a longer line of some text/' > text; : > empty; printf x > short
    head -c 300000 /dev/urandom > random; mkdir -p d/e; cp numbers d/e/numbers
    git add .; git commit -qm first
    for n in $(seq 120); do
      echo "$n" >> numbers
      sed -i "$((n * 20))s/.*/changed $n/; $((n * 7))d" text
      (tail -n +$n d/e/numbers; head -$n d/e/numbers) > d/e/new; mv d/e/new d/e/numbers
      [ $((n % 40)) = 0 ] && head -c $((300000 - n)) /dev/urandom > random
      [ $((n % 7)) = 0 ] && cp numbers swap && cp text numbers && mv swap text
      [ $((n % 9)) = 0 ] && : > short || printf %s "$n" > short
      git add .; git commit -qm "$n"
    done
    git tag -am t t
    """

  @Test(arguments: ["sha1", "sha256"])
  func isWhatGitWouldHaveMade(_ format: String) async throws {
    let sandbox = try GitSandbox()
    let url = "file:\(sandbox.root)/store?durability=normal&hash=\(format)"
    let repository = try await Repository.open(url)
    let made = try await sandbox.shell(
      Self.history.replacing("FORMAT", with: format)
        + "\ngit push -q --mirror 'irminsul::\(url)' && git rev-list --objects --all | wc -l")
    #expect(made.status == 0, "\(made.text)")
    let cloned = try await sandbox.shell(
      """
      git clone -q --mirror 'irminsul::\(url)' c && cd c
      git fsck --strict --full && git index-pack -o ../x.idx objects/pack/*.pack >/dev/null
      cmp ../x.idx objects/pack/*.idx && echo same
      git rev-list --objects --all | wc -l
      ls objects/pack | grep -c . ; ls objects/pack | grep -c tmp
      git verify-pack -v objects/pack/*.idx | grep -c 'chain length = 50'
      git for-each-ref > ../theirs; git --git-dir=../s/.git for-each-ref | cmp - ../theirs && echo equal
      """)
    let lines = cloned.text.split(separator: "\n").map(String.init)
    #expect(
      lines == [
        "same", made.text.trimmingCharacters(in: .whitespacesAndNewlines), "2", "0", "1", "equal",
      ],
      "\(cloned.text)")
    // Two hundred versions of some 100 kB take no more than a few.
    let size = try await sandbox.shell("cat c/objects/pack/*.pack | wc -c")
    let bytes = try #require(
      Int(size.text.split(separator: "\n")[0].trimmingCharacters(in: .whitespaces)))
    #expect(bytes < 6_000_000, "\(size.text)")
    await repository.close()
  }

  /// With `fetch.fsckObjects` git looks into what comes, in small fetches and in large ones.
  @Test func gitLooksIntoThePackWhereItIsTold() async throws {
    let sandbox = try GitSandbox()
    let url = "file:\(sandbox.root)/store?durability=normal"
    let repository = try await Repository.open(url)
    let made = try await sandbox.shell(
      """
      git init -q s; cd s; git commit -qm first --allow-empty
      blob=$(echo x | git hash-object -w --stdin)
      bad=$(printf '100644 blob %s\t.git' $blob | git mktree)
      git update-ref refs/heads/bad $(git commit-tree $bad -m bad)
      git push -q --mirror 'irminsul::\(url)'
      """)
    #expect(made.status == 0, "\(made.text)")
    for (options, status) in [
      ("", 0), ("-c transfer.fsckObjects=true", 128), ("-c fetch.fsckObjects", 128),
      ("-c fetch.fsckObjects=false -c transfer.fsckObjects=true", 0),
      ("-c fetch.unpackLimit=1", 0), ("-c fetch.unpackLimit=1 -c fetch.fsckObjects=yes", 128),
    ] as [(String, Int32)] {
      let cloned = try await sandbox.shell(
        "rm -rf c; git \(options) clone -q --mirror 'irminsul::\(url)' c")
      #expect(cloned.status == status, "\(options): \(cloned.text)")
      if status != 0 { #expect(cloned.text.contains("hasDotgit"), "\(cloned.text)") }
    }
    let packed = try await sandbox.shell(
      "rm -rf c; git -c fetch.unpackLimit=1 clone -q --mirror 'irminsul::\(url)' c; ls c/objects/pack | wc -l"
    )
    #expect(packed.text.trimmingCharacters(in: .whitespacesAndNewlines) == "2", "\(packed.text)")
    await repository.close()
  }

  /// Names of tags that begin other tags' names; sources that have a colon in theirs.
  @Test func namesThatBeginOthers() async throws {
    let sandbox = try GitSandbox()
    let url = "file:\(sandbox.root)/store?durability=normal"
    let repository = try await Repository.open(url)
    try await repository.branch().set("d/f", to: "1", "One")
    let cloned = try await sandbox.shell(
      "git clone -q 'irminsul::\(url)' a; git clone -q 'irminsul::\(url)' b")
    #expect(cloned.status == 0, "\(cloned.text)")
    let pushed = try await sandbox.shell(
      "for n in $(seq 30); do git tag -am t t$n; done; git tag -am t v1.0; git tag -am t v1.0.1; git tag -am t 'v1.0!'; "
        + "git push -q --tags && git push -q origin HEAD:d:refs/tags/tree && git push -q origin ':/One:refs/heads/one'",
      in: "a")
    #expect(pushed.status == 0, "\(pushed.text)")
    let fetched = try await sandbox.shell(
      "git fetch -q; git tag | wc -l; git fetch -q --tags; git cat-file -t tree; git rev-parse -q --verify origin/one >/dev/null && echo one",
      in: "b")
    #expect(
      fetched.text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        == ["34", "tree", "one"], "\(fetched.text)")
    await repository.close()
  }
}
