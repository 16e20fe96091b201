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
}
