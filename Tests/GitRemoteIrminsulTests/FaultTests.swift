import Foundation
import GitObjects
import Irminsul
import IrminsulTestKit
import Testing

/// A connection that is cut, and a helper that is killed, at each of its requests in turn: no ref is at what is not there,
/// and the same command succeeds afterwards, as if nothing had been.
@Suite struct FaultTests {
  /// What befalls a request.
  enum Fault: String, CaseIterable {
    case cutBefore, cutAfter, killedBefore, killedAfter

    var isKill: Bool { self == .killedBefore || self == .killedAfter }

    func at(_ number: Int) -> FaultyProxy.Fault {
      switch self {
      case .cutBefore, .killedBefore: .cutsBeforeCommand(number)
      case .cutAfter, .killedAfter: .cutsAfterCommand(number)
      }
    }
  }

  /// A server behind a proxy, a store with a commit, and a clone of it in the folder `a`.
  private struct Place {
    let server: RedisServer
    let proxy: FaultyProxy
    let repository: Repository
    let sandbox: GitSandbox

    init() async throws {
      server = try await RedisServer.start()
      proxy = try FaultyProxy(of: server)
      repository = try await Repository.open(server.url)
      try await repository.branch().commit([.set("a/b", "1"), .set("c", "1")], "One")
      sandbox = try GitSandbox()
      try sandbox.recordHelpers()
      let cloned = try await sandbox.shell("git clone -q 'irminsul::\(proxy.url)' a")
      #expect(cloned.status == 0, "\(cloned.text)")
    }

    /// Runs lines while the fault waits for a request. Answers whether it came.
    func run(
      _ lines: String, in folder: String, _ fault: Fault, at number: Int
    ) async throws -> (ended: GitSandbox.Transcript, hasCome: Bool) {
      proxy.set(fault.at(number)) { [sandbox] in if fault.isKill { sandbox.killHelper() } }
      let ended = try await sandbox.shell(lines, in: folder)
      let hasCome = proxy.hasCut
      proxy.set(.none)
      // git says why it ends; of a helper that was killed it says that.
      if ended.status != 0 {
        #expect(ended.text.contains("fatal:") || ended.text.contains("error:"), "\(ended.text)")
      }
      return (ended, hasCome)
    }

    /// Everything that refs lead to is there. What no ref leads to may be incomplete for a while.
    func checkRefs() async throws {
      // With nothing cached.
      let fresh = try await Repository.open(server.url)
      let tips = Array(try await fresh.refs().values)
      for try await _ in fresh.walk(from: tips) {}
      await fresh.close()
    }

    func verify() async throws {
      let summary = try await repository.verify { Issue.record("\($0)") }
      #expect(summary.faults == 0)
      #expect(summary.incompleteObjects == 0)
    }

    func end() async {
      await repository.close()
      proxy.stop()
      server.stop()
    }
  }

  /// Two files of random bytes. Large ones do not fit into one request.
  private static func files(bytes: Int) -> String {
    "head -c \(bytes) /dev/urandom > x; head -c \(bytes) /dev/urandom > y"
  }

  @Test(arguments: Fault.allCases)
  func aPush(_ fault: Fault) async throws {
    let place = try await Place()
    for number in 0... {
      let before = try await place.repository.refs()
      // Large where objects are on their way, once: they take their time.
      let isLarge = fault == .cutAfter && (9...11).contains(number)
      let made = try await place.sandbox.shell(
        "\(Self.files(bytes: isLarge ? 600_000 : 2000)); git add .; git commit -qm \(number); git tag -am t t\(number); "
          + "git rev-parse HEAD t\(number)", in: "a")
      let ids = made.text.split(separator: "\n").compactMap { ObjectID(hex: $0) }
      let (head, tag) = (try #require(ids.first), try #require(ids.last))
      let wanted = before.merging(
        [
          "refs/heads/main": head, "refs/heads/b\(number)": head, "refs/tags/t\(number)": tag,
        ]) { $1 }
      let command = "git push origin main HEAD:refs/heads/b\(number) t\(number)"
      let (ended, hasCome) = try await place.run(command, in: "a", fault, at: number)
      let between = try await place.repository.refs()
      // One script sets them all.
      #expect(between == before || between == wanted, "\(fault) \(number): \(ended.text)")
      if ended.status == 0 { #expect(between == wanted, "\(fault) \(number)") }
      if fault.isKill, hasCome, ended.status == 0 {
        // Everything was said by then: only the lease was to be given up.
        #expect(between == wanted)
      }
      try await place.checkRefs()
      let again = try await place.sandbox.shell(command, in: "a")
      #expect(again.status == 0, "\(fault) \(number): \(again.text)")
      let after = try await place.repository.refs()
      #expect(after == wanted, "\(fault) \(number)")
      let checked = try await place.sandbox.shell(
        "git fetch -q && git status -sb && git fsck --strict", in: "a")
      #expect(checked.status == 0, "\(checked.text)")
      #expect(checked.text.hasPrefix("## main...origin/main\n"), "\(checked.text)")
      if !hasCome {
        #expect(number >= 10)
        break
      }
    }
    try await place.verify()
    await place.end()
  }

  @Test(arguments: Fault.allCases)
  func aFetch(_ fault: Fault) async throws {
    let place = try await Place()
    for number in 0... {
      // Every other one with more than git likes to keep as files of their own.
      let count = number.isMultiple(of: 2) ? 3 : 150
      let edits = try (0..<count).map {
        try BranchEdit.set(Path("d\($0 % 5)/e/\($0)"), "\(number) \($0)")
      }
      try await place.repository.branch().commit(edits, "Commit \(number)")
      let head = try #require(try await place.repository.branch().head()).id
      try await place.repository.tag("t\(number)", at: head, Info("A tag"))
      let show = "git rev-parse refs/remotes/origin/main"
      let before = try await place.sandbox.shell(show, in: "a")
      let (ended, hasCome) = try await place.run("git fetch", in: "a", fault, at: number)
      let between = try await place.sandbox.shell("\(show) && git fsck --strict", in: "a")
      #expect(between.status == 0, "\(fault) \(number): \(between.text)")
      #expect(
        between.text.hasPrefix(before.text) || between.text.hasPrefix("\(head)\n"),
        "\(fault) \(number): \(between.text)")
      if ended.status == 0 { #expect(between.text.hasPrefix("\(head)\n")) }
      let again = try await place.sandbox.shell(
        "git fetch && \(show) && git rev-parse 't\(number)^{commit}' && git fsck --strict", in: "a")
      #expect(again.status == 0, "\(fault) \(number): \(again.text)")
      #expect(again.text.contains("\(head)\n\(head)\n"), "\(fault) \(number): \(again.text)")
      if !hasCome {
        #expect(number >= 8)
        break
      }
    }
    try await place.verify()
    await place.end()
  }

  @Test(arguments: Fault.allCases)
  func aClone(_ fault: Fault) async throws {
    let place = try await Place()
    let edits = try (0..<150).map { try BranchEdit.set(Path("d\($0 % 5)/\($0)"), "\($0)") }
    try await place.repository.branch().commit(edits, "More")
    let head = try #require(try await place.repository.branch().head()).id
    let clone = "git clone 'irminsul::\(place.proxy.url)' c"
    for number in 0... {
      let (ended, hasCome) = try await place.run(clone, in: "", fault, at: number)
      let isThere = FileManager.default.fileExists(atPath: "\(place.sandbox.root)/c")
      #expect(isThere == (ended.status == 0), "\(fault) \(number): \(ended.text)")
      let again = try await place.sandbox.shell(
        "[ -d c ] || \(clone) 2>/dev/null; cd c && git rev-parse HEAD && git fsck --strict && "
          + "git status -s && cd .. && rm -rf c")
      #expect(again.status == 0, "\(fault) \(number): \(again.text)")
      #expect(again.text.hasPrefix("\(head)\n"), "\(fault) \(number): \(again.text)")
      if !hasCome {
        #expect(number >= 8)
        break
      }
    }
    await place.end()
  }
}
