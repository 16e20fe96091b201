import Foundation
import GitObjects
import Irminsul
import IrminsulTestKit
import Testing

/// Pushes, fetches, pulls, commits, branches and deletes of several clones and of programs at once, at random: every
/// clone equals the store in the end, and nothing that was acknowledged is lost.
///
/// `IRMINSUL_SEQUENCES=50` runs so many, `IRMINSUL_SEQUENCES=17-17` one of them again. A seed decides what each clone
/// and program does; what meets what is decided by the machine.
@Suite struct RandomSequenceTests {
  static let seeds: [UInt64] = {
    let text = ProcessInfo.processInfo.environment["IRMINSUL_SEQUENCES"] ?? "4"
    let numbers = text.split(separator: "-").compactMap { UInt64($0) }
    if numbers.count == 2, numbers[0] <= numbers[1] { return Array(numbers[0]...numbers[1]) }
    return Array(0..<(numbers.first ?? 4))
  }()

  @Test(arguments: seeds)
  func nothingIsLost(_ seed: UInt64) async throws {
    let sandbox = try GitSandbox()
    let server = seed.isMultiple(of: 2) ? try await RedisServer.start() : nil
    let hash: HashAlgorithm = seed % 5 == 4 ? .sha256 : .sha1
    let url =
      (server?.url ?? "file:\(sandbox.root)/store") + "?hash=\(hash.rawValue)"
      + (server == nil ? "&durability=normal" : "")
    let repository = try await Repository.open(url)
    let record = SequenceRecord()
    for number in 0..<2 {
      let made = try await repository.branch().set("start", to: "\(number)", "Start")
      await record.add("refs/heads/main", made.commit?.id)
    }
    let clones = ["x", "y", "z"]
    for clone in clones {
      let ended = try await sandbox.shell("git clone -q 'irminsul::\(url)' \(clone)")
      #expect(ended.status == 0, "seed \(seed): \(ended.text)")
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (number, clone) in clones.enumerated() {
        group.addTask {
          var person = SequencePerson(
            clone, in: sandbox, record, SeededNumbers(state: seed &* 1000 &+ UInt64(number)))
          for step in 0..<9 { try await person.act(step) }
        }
      }
      for number in 0..<2 {
        group.addTask {
          // A handle of its own, as another process has.
          let own = try await Repository.open(url)
          var program = SequenceProgram(
            own, number, record, SeededNumbers(state: seed &* 1000 &+ 500 &+ UInt64(number)))
          for step in 0..<25 { try await program.act(step) }
          await own.close()
        }
      }
      try await group.waitForAll()
    }
    let problems = await record.problems
    #expect(problems == [], "seed \(seed)")
    try await check(seed, record, repository)
    try await check(seed, clones, in: sandbox, url, repository)
    await repository.close()
    server?.stop()
  }

  /// The log of the store against what was acknowledged.
  private func check(
    _ seed: UInt64, _ record: SequenceRecord, _ repository: Repository
  ) async throws {
    var events: [RefEvent] = []
    while true {
      let page = try await repository.refLog(before: events.last?.position, limit: 500)
      if page.isEmpty { break }
      events += page
    }
    events.reverse()
    let (acknowledged, replacing) = await (record.acknowledged, record.replacing)
    var made: [SequenceRecord.Change: Int] = [:]
    var refs: [String: ObjectID] = [:]
    for event in events {
      let change = SequenceRecord.Change(ref: event.ref, id: event.new)
      made[change, default: 0] += 1
      #expect(refs[event.ref] == event.old, "seed \(seed): \(event)")
      refs[event.ref] = event.new
      guard let old = event.old else { continue }
      // What leaves something behind was asked to.
      var isForward = false
      if let new = event.new, event.ref.hasPrefix("refs/heads/") {
        isForward = try await repository.isAncestor(old, of: new)
      }
      #expect(isForward || replacing.contains(change), "seed \(seed): \(event)")
    }
    for (change, count) in acknowledged {
      #expect(made[change] == count, "seed \(seed): \(change) was acknowledged")
    }
    // Of several commits that the server has made anew for one push, the pusher hears of the last.
    var passed: [SequenceRecord.Change: Int] = [:]
    for (event, next) in zip(events, events.dropFirst())
    where next.ref == event.ref && next.old == event.new && next.position == event.position + 1 {
      passed[SequenceRecord.Change(ref: event.ref, id: event.new), default: 0] += 1
    }
    for (change, count) in made where acknowledged[change] != count {
      #expect(
        acknowledged[change] == nil && change.id != nil && passed[change] == count,
        "seed \(seed): nobody made \(change)")
    }
    let found = try await repository.refs()
    #expect(found == refs, "seed \(seed)")
    // And without the log: nobody ever forces main.
    let head = try #require(try await repository.branch().head()).id
    for (change, _) in acknowledged where change.ref == "refs/heads/main" {
      let isKept = try await repository.isAncestor(try #require(change.id), of: head)
      #expect(isKept, "seed \(seed): \(change) is lost")
    }
    #expect(acknowledged.count > 20, "seed \(seed)")
    let summary = try await repository.verify { Issue.record("seed \(seed): \($0)") }
    #expect(summary.faults == 0, "seed \(seed)")
    #expect(summary.incompleteObjects == 0, "seed \(seed)")
  }

  /// The clones after a last fetch, and a new one.
  private func check(
    _ seed: UInt64, _ clones: [String], in sandbox: GitSandbox, _ url: String,
    _ repository: Repository
  ) async throws {
    let refs = try await repository.refs()
    func lines(_ prefix: String, as name: String) -> [String] {
      refs.filter { $0.key.hasPrefix(prefix) }
        .map { "\($0.value) \(name)\($0.key.dropFirst(prefix.count))" }.sorted()
    }
    func found(_ text: String) -> [String] {
      text.split(separator: "\n").map(String.init).filter { $0.contains(" refs/") }.sorted()
    }
    let list = "git for-each-ref --format='%(objectname) %(refname)'"
    for clone in clones {
      let ended = try await sandbox.shell(
        "git fetch -q --prune && \(list) refs/remotes/origin | grep -v origin/HEAD", in: clone)
      #expect(
        found(ended.text) == lines("refs/heads/", as: "refs/remotes/origin/"),
        "seed \(seed): \(ended.text)")
      let all = try await sandbox.shell(
        "git fetch -q --prune origin '+refs/*:refs/all/*' && \(list) refs/all && git fsck --strict",
        in: clone)
      #expect(all.status == 0, "seed \(seed): \(all.text)")
      #expect(found(all.text) == lines("refs/", as: "refs/all/"), "seed \(seed): \(all.text)")
    }
    let mirror = try await sandbox.shell(
      "git clone -q --mirror 'irminsul::\(url)' mirror && cd mirror && \(list) && git fsck --strict"
    )
    #expect(mirror.status == 0, "seed \(seed): \(mirror.text)")
    #expect(found(mirror.text) == lines("refs/", as: "refs/"), "seed \(seed): \(mirror.text)")
  }
}

/// What was acknowledged to whom.
actor SequenceRecord {
  struct Change: Hashable {
    let ref: String
    /// nil: it was removed.
    let id: ObjectID?
  }

  private(set) var acknowledged: [Change: Int] = [:]
  /// Those that may leave commits behind.
  private(set) var replacing: Set<Change> = []
  /// What nobody should meet.
  private(set) var problems: [String] = []

  func add(_ ref: String, _ id: ObjectID?, isReplacing: Bool = false) {
    let change = Change(ref: ref, id: id)
    acknowledged[change, default: 0] += 1
    if isReplacing { replacing.insert(change) }
  }

  func add(problem: String) { problems.append(problem) }
}

/// Somebody who works with git in a clone of their own.
struct SequencePerson {
  private let clone: String
  private let sandbox: GitSandbox
  private let record: SequenceRecord
  private var numbers: SeededNumbers

  init(
    _ clone: String, in sandbox: GitSandbox, _ record: SequenceRecord, _ numbers: SeededNumbers
  ) {
    self.clone = clone
    self.sandbox = sandbox
    self.record = record
    self.numbers = numbers
  }

  mutating func act(_ step: Int) async throws {
    let branch = "b\(Int.random(in: 0..<3, using: &numbers))"
    let file = "g\(clone)\(Int.random(in: 0..<4, using: &numbers))"
    let commit = "echo \(step) > \(file); git add .; git commit -qm 'Step \(step)'"
    switch Int.random(in: 0..<12, using: &numbers) {
    case 0, 1: try await push("main", after: commit)
    case 2:
      try await push("-o rebase=server origin main", isWhole: true, after: commit)
      // As the helper advises: what was pushed may have become other commits.
      try await run("git merge-base --is-ancestor HEAD origin/main || git rebase -q origin/main")
    case 3: try await run("git pull -q --no-edit")
    case 4: try await run("git fetch -q --prune")
    case 5: try await push("HEAD:refs/heads/\(branch)")
    case 6: try await push("--force origin HEAD~1:refs/heads/\(branch)", isWhole: true)
    case 7: try await push("origin --delete \(branch)", isWhole: true)
    case 8:
      try await push("--force-with-lease origin HEAD:refs/heads/\(branch)", isWhole: true)
    case 9:
      try await push(
        "--atomic origin main HEAD:refs/heads/\(branch) HEAD:refs/heads/\(clone)/\(step)",
        isWhole: true, after: commit)
    case 10:
      let tag = "\(clone)-\(step)"
      try await push("refs/tags/\(tag)", after: "git tag -am Tag \(tag)")
    default:
      try await run("git pull -q --no-edit")
      try await push("main", after: commit)
    }
  }

  private func run(_ lines: String) async throws {
    let ended = try await sandbox.shell(lines, in: clone)
    if ended.status != 0 { await record.add(problem: "\(lines): \(ended.text)") }
  }

  /// - Parameters:
  ///   - arguments: Of `git push`, `origin` among them if they are whole.
  private func push(
    _ arguments: String, isWhole: Bool = false, after lines: String = ":"
  ) async throws {
    let command =
      "git -c push.default=current push --porcelain "
      + (isWhole ? arguments : "origin \(arguments)")
    let ended = try await sandbox.shell("\(lines); \(command)", in: clone)
    var pushed: [(flag: Character, ref: String)] = []
    for line in ended.text.split(separator: "\n") {
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
      guard fields.count == 3, fields[0].count == 1, let flag = fields[0].first,
        let colon = fields[1].firstIndex(of: ":")
      else { continue }
      pushed.append((flag, String(fields[1][fields[1].index(after: colon)...])))
    }
    let isRefused = pushed.contains { $0.flag == "!" }
    let isAbsent = ended.text.contains("remote ref does not exist")
    if (ended.status != 0) != isRefused, !isAbsent || pushed.isEmpty == false {
      await record.add(problem: "\(command) ended with \(ended.status): \(ended.text)")
    }
    for (flag, ref) in pushed {
      switch flag {
      case "-": await record.add(ref, nil, isReplacing: true)
      case " ", "*": await record.add(ref, try await id(of: ref))
      case "+": await record.add(ref, try await id(of: ref), isReplacing: true)
      case "=", "!": break
      default: await record.add(problem: "\(command): \(ended.text)")
      }
    }
  }

  /// Where git has noted that a ref of the store is now.
  private func id(of ref: String) async throws -> ObjectID? {
    let own =
      ref.hasPrefix("refs/heads/")
      ? "refs/remotes/origin/\(ref.dropFirst("refs/heads/".count))" : ref
    let ended = try await sandbox.shell("git rev-parse \(own)", in: clone)
    let id = ObjectID(hex: ended.text.trimmingCharacters(in: .whitespacesAndNewlines))
    if id == nil { await record.add(problem: "\(ref): \(ended.text)") }
    return id
  }
}

/// A program that works with the library.
struct SequenceProgram {
  private let repository: Repository
  private let number: Int
  private let record: SequenceRecord
  private var numbers: SeededNumbers

  init(
    _ repository: Repository, _ number: Int, _ record: SequenceRecord, _ numbers: SeededNumbers
  ) {
    self.repository = repository
    self.number = number
    self.record = record
    self.numbers = numbers
  }

  mutating func act(_ step: Int) async throws {
    try await Task.sleep(for: .milliseconds(Int.random(in: 0..<100, using: &numbers)))
    let name = "b\(Int.random(in: 0..<3, using: &numbers))"
    let ref = "refs/heads/\(name)"
    let path = Path("p\(number)/\(Int.random(in: 0..<5, using: &numbers))")
    switch Int.random(in: 0..<10, using: &numbers) {
    case 0:
      let head = try await repository.branch().head()?.id
      do {
        guard let head else { return }
        try await repository.createBranch(name, at: head)
        await record.add(ref, head)
      } catch StoreError.branchExists {}
    case 1:
      do {
        try await repository.deleteBranch(name)
        await record.add(ref, nil, isReplacing: true)
      } catch StoreError.noSuchBranch {}
    case 2:
      // A branch that is not there begins with it.
      let made = try await repository.branch(name).set(path, to: "\(step) \(number)", "Program")
      if let commit = made.commit { await record.add(ref, commit.id) }
    case 3:
      guard let head = try await repository.branch().head()?.id else { return }
      let tag = "program-\(number)-\(step)"
      let id = try await repository.tag(tag, at: head, Info("Of a program"))
      await record.add("refs/tags/\(tag)", id)
    default:
      let made = try await repository.branch().set(path, to: "\(step) \(number)", "Program")
      if let commit = made.commit { await record.add("refs/heads/main", commit.id) }
    }
  }
}
