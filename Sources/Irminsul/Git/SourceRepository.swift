import Foundation
import GitObjects
import RedisScripting

/// A Git repository on disk as an import sees it: its refs at one moment, and what they reach.
struct SourceRepository: Sendable {
  struct Ref: Sendable, Hashable {
    /// The full name: UTF-8, as the store asks for.
    let name: String
    let id: ObjectID
    /// Whether it names another ref.
    let isSymbolic: Bool
  }

  let program: GitProgram
  /// The path that was given, for messages.
  let path: String
  /// The folder with the objects.
  let gitFolder: String
  let algorithm: HashAlgorithm
  /// Every ref. One that names another ref is here with the id that it leads to.
  let refs: [Ref]
  /// What HEAD says: `ref: refs/heads/main`, whether that exists or not, or an id's digits.
  let head: String
  /// The commit of a HEAD that is on no branch.
  let detachedHead: ObjectID?

  /// See ``LocalRepository/cut(also:_:)``.
  private let shallowFile: String?

  /// Reads what the repository says of itself and all of its refs.
  init(path: String) async throws {
    let program = try Self.program()
    self.program = program
    self.path = path
    shallowFile = nil
    let folder = try Self.realPath(path)
    let facts = try await Self.facts(of: path, in: folder, program)
    gitFolder = facts.gitFolder
    algorithm = facts.algorithm
    refs = try await Self.refs(program, gitFolder, algorithm)
    (head, detachedHead) = try await Self.head(program, gitFolder)
  }

  /// Some ids of a repository that has been looked at.
  init(_ local: LocalRepository, tips: [ObjectID]) {
    program = local.program
    shallowFile = local.otherShallowFile
    path = local.folder
    gitFolder = local.folder
    algorithm = local.algorithm
    refs = tips.map { Ref(name: "", id: $0, isSymbolic: false) }
    head = ""
    detachedHead = nil
  }

  /// The ids that everything is reached from, each once.
  var tips: [ObjectID] {
    var seen = Set<ObjectID>()
    return (refs.map(\.id) + (detachedHead.map { [$0] } ?? [])).filter { seen.insert($0).inserted }
  }

  /// Which ids a repository has.
  static func algorithm(of path: String) async throws -> HashAlgorithm {
    try await facts(of: path, in: try realPath(path), try program()).algorithm
  }

  /// The arguments that make git work on this repository.
  func arguments(_ words: String...) -> [String] {
    ["--git-dir=\(gitFolder)"] + (shallowFile.map { ["--shallow-file", $0] } ?? []) + words
  }

  /// Whether a ref may move here from another id without a commit being lost from a branch, or a tag
  /// being moved.
  func mayMove(_ ref: Ref, from old: ObjectID) async throws -> Bool {
    if ref.name.hasPrefix("refs/tags/") { return false }
    guard ref.name.hasPrefix(Branch.refPrefix) else { return true }
    do {
      _ = try await GitProcess.output(
        of: program, arguments("merge-base", "--is-ancestor", old.hex, ref.id.hex), in: nil)
      return true
    } catch StoreError.git(.failed) {
      // No ancestor, or no commit that the repository knows.
      return false
    }
  }

  /// About how many objects there are, of which most are reached as a rule; nil when git does not say.
  func estimatedObjectCount() async throws -> Int? {
    let output = try await GitProcess.output(
      of: program, arguments("count-objects", "-v"), in: nil)
    var count: Int?
    for line in String(decoding: output, as: UTF8.self).split(separator: "\n") {
      let words = line.split(separator: " ")
      if words.count == 2, words[0] == "count:" || words[0] == "in-pack:", let part = Int(words[1])
      {
        count = (count ?? 0) + part
      }
    }
    return count
  }

  /// A path at which some commit has an object; nil when there is none. Walks the history.
  func path(of id: ObjectID) async throws -> String? {
    let prefix = Array("\(id) ".utf8)
    return try await GitProcess.run(
      program, arguments("rev-list", "--objects", "--stdin"), in: nil,
      input: .bytes(RevisionList.input(tips))
    ) { process in
      var lines = LineSplitter()
      while true {
        let chunk = try await process.read()
        if chunk.isEmpty { return nil }
        for line in lines.split(chunk) where line.starts(with: prefix) && line.count > prefix.count
        {
          let text = String(decoding: line.dropFirst(prefix.count), as: UTF8.self)
          while try await !process.read().isEmpty {}
          return text
        }
      }
    }
  }

  static func program() throws -> GitProgram {
    do {
      return try GitProgram()
    } catch {
      throw StoreError.git(error)
    }
  }

  private static func realPath(_ path: String) throws -> String {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw StoreError.git(.noSuchFolder(path))
    }
    guard isFolder.boolValue, let real = realpath(path, nil) else {
      throw StoreError.git(.notARepository(path))
    }
    defer { free(real) }
    return String(cString: real)
  }

  private struct Facts {
    let gitFolder: String
    let algorithm: HashAlgorithm
  }

  private static func facts(
    of path: String, in folder: String, _ program: GitProgram
  ) async throws -> Facts {
    let words = [
      "rev-parse", "--absolute-git-dir", "--is-shallow-repository", "--show-object-format",
    ]
    let output: [UInt8]
    do {
      output = try await GitProcess.output(of: program, words, in: folder)
    } catch StoreError.git(.failed(_, _, let message))
      where message.contains("not a git repository")
    {
      throw StoreError.git(.notARepository(path))
    }
    let facts = String(decoding: output, as: UTF8.self).split(
      separator: "\n", omittingEmptySubsequences: false
    ).dropLast().map(String.init)
    // git has looked in the folders above, too. As for git clone, only this one counts.
    let isOwn =
      facts.first == folder || FileManager.default.fileExists(atPath: "\(folder)/.git")
    guard isOwn else { throw StoreError.git(.notARepository(path)) }
    guard facts.count == 3, let algorithm = HashAlgorithm(rawValue: facts[2]) else {
      throw StoreError.git(
        .unexpectedOutput(command: "rev-parse", reason: facts.joined(separator: " ")))
    }
    if facts[1] == "true" { throw StoreError.git(.shallow(path)) }
    if try await isPartial(facts[0], program) { throw StoreError.git(.partial(path)) }
    return Facts(gitFolder: facts[0], algorithm: algorithm)
  }

  /// Whether git would fetch objects that are missing from a remote.
  ///
  /// Source: https://git-scm.com/docs/partial-clone
  private static func isPartial(_ folder: String, _ program: GitProgram) async throws -> Bool {
    let pattern = "^(extensions\\.partialclone|remote\\..*\\.promisor)$"
    do {
      return try await !GitProcess.output(
        of: program, ["--git-dir=\(folder)", "config", "--get-regexp", pattern], in: nil
      ).isEmpty
    } catch StoreError.git(.failed(_, status: 1, _)) {
      return false
    }
  }

  private static func refs(
    _ program: GitProgram, _ folder: String, _ algorithm: HashAlgorithm
  ) async throws -> [Ref] {
    let output = try await GitProcess.output(
      of: program,
      [
        "--git-dir=\(folder)", "for-each-ref",
        "--format=%(objectname) %(objecttype) %(if)%(symref)%(then)symbolic%(else)plain%(end) %(refname)",
      ], in: nil)
    return try output.split(separator: 0x0A).map { line in
      let words = line.split(separator: 0x20, maxSplits: 3)
      guard words.count == 4, let id = ObjectID(hexDigits: words[0]), id.algorithm == algorithm
      else {
        throw StoreError.git(
          .unexpectedOutput(
            command: "for-each-ref", reason: String(decoding: line, as: UTF8.self)))
      }
      guard let name = String(validating: words[3], as: UTF8.self) else {
        throw StoreError.git(
          .unusableRef(
            name: String(decoding: words[3], as: UTF8.self),
            reason: "has a name that is not UTF-8\nRename it: git update-ref."))
      }
      let kind = String(decoding: words[1], as: UTF8.self)
      if name.hasPrefix(Branch.refPrefix), kind != ObjectKind.commit.rawValue {
        throw StoreError.git(
          .unusableRef(
            name: name, reason: "is a branch on a \(kind), not on a commit\nMove or remove it."))
      }
      return Ref(
        name: name, id: id, isSymbolic: words[2].elementsEqual("symbolic".utf8))
    }
  }

  private static func head(
    _ program: GitProgram, _ folder: String
  ) async throws -> (String, ObjectID?) {
    let arguments = ["--git-dir=\(folder)"]
    do {
      let output = try await GitProcess.output(
        of: program, arguments + ["symbolic-ref", "-q", "HEAD"], in: nil)
      let name = String(decoding: output, as: UTF8.self).trimmingCharacters(in: .newlines)
      return ("ref: \(name)", nil)
    } catch StoreError.git(.failed(_, status: 1, let message)) where message.isEmpty {
      let output = try await GitProcess.output(
        of: program, arguments + ["rev-parse", "--verify", "HEAD^{commit}"], in: nil)
      let digits = String(decoding: output, as: UTF8.self).trimmingCharacters(in: .newlines)
      guard let id = ObjectID(hex: digits) else {
        throw StoreError.git(.unexpectedOutput(command: "rev-parse", reason: digits))
      }
      return (id.hex, id)
    }
  }
}
