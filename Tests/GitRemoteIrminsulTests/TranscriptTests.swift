import Foundation
import GitObjects
import Irminsul
import IrminsulTestKit
import Testing

/// The same lines of git with a bare repository and with a store as the remote: same outcome, same words.
@Suite struct TranscriptTests {
  /// `r` runs git and says how it ended; the remote is `$U`.
  private static let prelude = #"""
    r() { echo "\$ git $*"; git "$@" 2>&1; echo "-> $?"; }

    """#

  static let everyday = #"""
    r clone "$U" a; cd a
    echo 1 > f; mkdir d; echo x > d/g; git add .; git commit -qm one; r push origin main
    cd ..; r clone "$U" b; cd a
    git tag light; git tag -am ann ann; r push --tags
    r push origin HEAD:refs/heads/feat/x HEAD:refs/notes/n
    echo 2 > f; git commit -qam two; r push
    cd ../b; r pull; r fetch --tags; r log --oneline; r branch -r; r tag -l; cd ../a
    r push origin :feat/x; r push origin :main; r push origin :nonexistent
    cd ../b; r fetch --prune; r branch -r; r ls-remote; r remote show origin
    r push -n origin HEAD:refs/heads/dry; r push -u origin HEAD:refs/heads/up; r ls-remote
    r push origin HEAD~1:up; r push origin nothing; r push origin light:refs/tags/ann
    r fsck --strict; cd ../a; r fetch; r pull; r push; r fsck --strict
    """#
  static let forced = #"""
    git clone -q "$U" a 2>/dev/null; cd a; echo 1 > f; git add .; git commit -qm one; r push -q
    cd ..; r clone -q "$U" b
    cd b; echo 3 > g; git add g; git commit -qam three; cd ../a; echo 4 > f; git commit -qam four
    r push; cd ../b; r push; r fetch; r push; r push --force
    cd ../a; echo 5 > h; git add h; git commit -qm five
    r push --force-with-lease; r fetch; r push --force-with-lease
    r push --force-with-lease=new: origin HEAD:new; r push --force-with-lease=new: origin HEAD~:new
    git branch z HEAD~1; git branch y
    r push --atomic origin z y; cd ../b; git branch z; r push --atomic origin z HEAD:refs/heads/q
    r push origin z HEAD:refs/heads/q; r ls-remote; r fsck --strict
    """#
  static let mirrored = #"""
    git clone -q "$U" a 2>/dev/null; cd a
    for n in 1 2 3 4 5; do echo $n > f$n; git add .; git commit -qm $n; done
    git tag -am ann ann HEAD~2; git branch old HEAD~3
    git update-index --add --cacheinfo 160000,$(git rev-parse HEAD),module
    printf 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n' > big
    printf 'big filter=lfs\n' > .gitattributes; git add big .gitattributes
    git commit -qm 'A submodule and a pointer'; r push -q --mirror
    cd ..; r clone --mirror "$U" m; cd m; r for-each-ref; r fsck --strict
    git update-ref -d refs/heads/old; git update-ref refs/heads/mm main; r push --mirror; r ls-remote
    cd ..; r clone --depth 1 "$U" s; cd s; r log --oneline; git cat-file -p HEAD:big; r ls-files -s
    r fetch -q --unshallow --tags; r log --oneline; r fsck --strict; echo 6 > f6; git add f6
    git commit -qm six; r push; cd ..
    r clone -q --depth 2 "$U" s2; cd s2; r log --oneline; echo 7 > f7; git add f7; git commit -qm seven
    r push; r fetch -q --depth 3; r log --oneline; r fsck --strict; cd ../a
    r fetch -q; r push --prune origin 'refs/heads/*:refs/heads/*'; r ls-remote
    """#

  static let tagged = #"""
    git clone -q "$U" a 2>/dev/null; cd a
    echo 1 > f; git add .; git commit -qm one; git tag light; git tag -am one v1; r push --follow-tags
    r push; r push --tags; r push origin HEAD:refs/heads/side
    cd ..; r clone -b v1 "$U" b; r clone --single-branch -b side "$U" c; cd c; r tag -l; r branch -r
    cd ../a; echo 2 > f; git commit -qam two; git tag -am two v2; r push -q --follow-tags
    cd ../b; r fetch; r tag -l; r fetch --no-tags; cd ../c; r fetch; r tag -l; r fetch --tags; r tag -l
    cd ../a; git tag -am nested nested v2; git tag blob $(git rev-parse HEAD:f); r push origin nested blob
    cd ../b; r fetch --tags; r rev-parse 'nested^{commit}' blob; r fsck --strict
    cd ../a; r push --delete origin v1 side; r push origin --delete light
    cd ../b; r fetch --prune --prune-tags; r tag -l
    cd ../a; git tag -f v2 HEAD~1 >/dev/null; r push origin v2; r push -f origin v2
    cd ../b; r fetch --tags; r fetch --tags --force; r rev-parse v2 HEAD~0
    r ls-remote --tags origin; r ls-remote --heads origin; r ls-remote --symref origin HEAD
    git checkout -qb main2 origin/main; echo 3 > g; git add g; git commit -qm three
    r push origin HEAD:main; cd ../a; echo 4 > h; git add h; git commit -qm four
    r pull --rebase; r push --all; r push -u origin main:refs/heads/deep/er
    r remote set-head origin -a; cd ..; rm -rf c; r clone --no-tags --depth 2 "$U" c; cd c; r tag -l
    r fetch --depth 1 origin tag nested; r rev-parse 'nested^{commit}'; r fsck --strict
    r fetch origin $(git -C ../a rev-parse HEAD~1); r fetch origin refs/heads/none; r pull
    """#

  /// Where histories end, of several branches and tags at once, and of a repository that was whole.
  static let shallow = #"""
    git clone -q "$U" a 2>/dev/null; cd a
    for n in 1 2 3 4 5 6; do
      echo $n > f; git add .; git commit -qm $n
      case $n in 2) git branch old; git tag -am two v2;; 4) git branch mid; git tag -am four v4;; esac
    done
    git checkout -q mid; echo x > g; git add g; git commit -qm side; git checkout -q main
    git merge -q -m merged mid; echo 7 > f; git commit -qam 7; git tag v7; r push -q --mirror; cd ..
    s() { for c in $(cat .git/shallow 2>/dev/null | sort); do echo "ends at $c"; done; r rev-list --all --count; r tag -l; r fsck; }
    r clone -q --depth 1 --no-single-branch "$U" b; cd b; s; r fetch --depth 2; s; r fetch --depth 3; s
    r fetch -q --unshallow --tags; s; r fetch; s; cd ..
    r clone -q --depth 2 "$U" c; cd c; s; r fetch -q --depth 1; s; r fetch --depth 2 origin mid; s
    r fetch origin old; s; cd ..
    r clone -q --depth 1 -b old "$U" d; cd d; s; r fetch --depth 3 origin main mid old; s; r fetch --tags; s; cd ..
    r clone -q --depth 9 "$U" e; cd e; s; r fetch --depth 1; s; r fetch --depth 2; s; r fetch -q --unshallow; s
    """#

  /// Without the words of git's own server, and of where things are.
  private func normal(_ text: String, _ url: String, _ root: String) -> [String] {
    text.replacing(url, with: "URL").replacing(root, with: "ROOT")
      .split(separator: "\n").map(String.init)
      .filter { line in
        !["remote:", "error: atomic push failed", "fatal: the remote end hung up"]
          .contains { line.hasPrefix($0) }
      }
      .map { $0.hasPrefix("From ") || $0.hasPrefix("To ") ? String($0.prefix(5)) : $0 }
  }

  private func compare(_ lines: String, _ algorithm: HashAlgorithm, _ url: String) async throws {
    let format = "GIT_DEFAULT_HASH"
    let bare = try GitSandbox()
    let made = try await bare.shell(
      "git init -q --bare --object-format=\(algorithm.rawValue) -b main remote.git")
    #expect(made.status == 0)
    let expected = try await bare.shell(
      Self.prelude + lines,
      environment: ["U": "file://\(bare.root)/remote.git", format: algorithm.rawValue])
    let sandbox = try GitSandbox()
    let store = try await Repository.open(
      url + (url.contains("?") ? "&" : "?") + "hash=\(algorithm.rawValue)")
    let found = try await sandbox.shell(
      Self.prelude + lines, environment: ["U": "irminsul::\(url)", format: algorithm.rawValue])
    #expect(
      normal(found.text, "irminsul::\(url)", sandbox.root)
        == normal(expected.text, "file://\(bare.root)/remote.git", bare.root))
    let verification = try await store.verify { _ in }
    #expect(verification.faults == 0)
    await store.close()
  }

  private static let transcripts = [everyday, forced, mirrored, tagged, shallow]

  @Test(arguments: 0..<5, [HashAlgorithm.sha1, .sha256])
  func aFile(_ number: Int, _ algorithm: HashAlgorithm) async throws {
    let folder = try GitSandbox()
    try await compare(
      Self.transcripts[number], algorithm, "file:\(folder.root)/store?durability=normal")
  }

  @Test(arguments: 0..<5)
  func aServer(_ number: Int) async throws {
    let server = try await RedisServer.start()
    try await compare(Self.transcripts[number], .sha1, server.url)
    server.stop()
  }
}
