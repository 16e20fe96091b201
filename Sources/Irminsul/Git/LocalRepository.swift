import Foundation
import GitObjects
import RedisScripting

/// The Git repository on this machine that a ``GitRemote`` works for: what it has, asked in few commands.
struct LocalRepository: Sendable {
  let program: GitProgram
  /// What `--git-dir` is given: absolute.
  let folder: String
  let algorithm: HashAlgorithm
  /// Where objects are, absolute: of a linked work tree not in ``folder``.
  let objectFolder: String
  /// What its refs were at when it was looked at.
  let tips: Set<ObjectID>
  private let shallowFile: String
  /// In place of ``shallowFile``, if set, for what only looks; see ``cut(also:_:)``.
  private(set) var otherShallowFile: String?

  init(folder: String) async throws {
    program = try SourceRepository.program()
    let output = try await GitProcess.output(
      of: program,
      [
        "--git-dir=\(folder)", "rev-parse", "--path-format=absolute", "--absolute-git-dir",
        "--git-path", "objects", "--git-path", "shallow", "--show-object-format", "--all",
      ], in: nil)
    let lines = String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init)
    guard lines.count >= 4, let algorithm = HashAlgorithm(rawValue: lines[3]) else {
      throw StoreError.git(
        .unexpectedOutput(command: "rev-parse", reason: lines.joined(separator: ", ")))
    }
    self.folder = lines[0]
    objectFolder = lines[1]
    shallowFile = lines[2]
    tips = Set(lines[4...].compactMap { ObjectID(hex: $0) })
    self.algorithm = algorithm
  }

  func arguments(_ words: [String]) -> [String] {
    ["--git-dir=\(folder)"] + (otherShallowFile.map { ["--shallow-file", $0] } ?? []) + words
  }

  func output(_ words: String..., input: GitProcess.Input = .none) async throws -> [UInt8] {
    try await GitProcess.output(of: program, arguments(words), in: nil, input: input)
  }

  /// What a command prints, an id on each line.
  func ids(_ words: String..., input: GitProcess.Input = .none) async throws -> [ObjectID] {
    let output = try await GitProcess.output(
      of: program, arguments(words), in: nil, input: input)
    return try output.split(separator: 0x0A).map { line in
      guard let id = ObjectID(hexDigits: line) else {
        throw StoreError.git(
          .unexpectedOutput(
            command: words[0], reason: String(decoding: line.prefix(200), as: UTF8.self)))
      }
      return id
    }
  }

  /// The objects that some revisions name, with their kinds; nil for one that is not here.
  func objects(_ revisions: [String]) async throws -> [(id: ObjectID, kind: ObjectKind)?] {
    if revisions.isEmpty { return [] }
    let input = revisions.map { $0 + "\n" }.joined()
    let output = try await output(
      "cat-file", "--batch-check=%(objectname) %(objecttype)", input: .bytes(Array(input.utf8)))
    let lines = String(decoding: output, as: UTF8.self).split(separator: "\n")
    guard lines.count == revisions.count else {
      throw StoreError.git(
        .unexpectedOutput(command: "cat-file", reason: "\(lines.count) lines"))
    }
    return lines.map { line in
      let words = line.split(separator: " ")
      guard words.count == 2, let id = ObjectID(hex: words[0]),
        let kind = ObjectKind(rawValue: String(words[1]))
      else { return nil }
      return (id, kind)
    }
  }

  /// Some objects as they are hashed; nil for one that is not here.
  func framed(_ ids: [ObjectID]) async throws -> [FramedObject?] {
    let here = zip(ids, try await objects(ids.map(\.hex))).filter { $1 != nil }.map(\.0)
    if here.isEmpty { return ids.map { _ in nil } }
    var reader = BatchReader(limit: .max)
    reader.append(
      try await output("cat-file", "--batch", input: .bytes(RevisionList.input(here))))
    var found: [ObjectID: FramedObject] = [:]
    var large: (id: ObjectID, content: [UInt8])?
    do {
      while let part = try reader.next() {
        switch part {
        case .object(let item): found[item.id] = try FramedObject(framed: item.framed)
        case .largeBlob(let id, size: _): large = (id, [])
        case .piece(let bytes):
          guard let id = large?.id else { continue }
          large?.content += bytes
          found[id] = FramedObject(kind: .blob, content: large?.content ?? [])
        }
      }
    } catch {
      throw StoreError.git(.unexpectedOutput(command: "cat-file", reason: "\(error)"))
    }
    return ids.map { found[$0] }
  }

  /// Those of some commits that refs lead to, with everything below them.
  func held(_ ids: [ObjectID]) async throws -> Set<ObjectID> {
    let here = zip(ids, try await objects(ids.map(\.hex))).filter { $1?.kind == .commit }.map(\.0)
    if here.isEmpty { return [] }
    do {
      let loose = try await self.ids(
        "rev-list", "--ignore-missing", "--stdin", "--not", "--all",
        input: .bytes(RevisionList.input(here)))
      return Set(here).subtracting(loose)
    } catch StoreError.git(.failed) {
      // Something is missing here: then nothing is relied on, and what is fetched may mend it.
      return []
    }
  }

  func isAncestor(_ commit: ObjectID, of other: ObjectID) async throws -> Bool {
    do {
      _ = try await output("merge-base", "--is-ancestor", commit.hex, other.hex)
      return true
    } catch StoreError.git(.failed(_, 1, _)) {
      return false
    }
  }

  /// What a fetch is told by the configuration.
  struct FetchSettings {
    /// `fetch.fsckObjects`: whether git is to look into what comes.
    var checksObjects = false
    /// `fetch.unpackLimit`: fewer objects become files of their own.
    var unpackLimit = 100
  }

  /// `fetch.…` comes before `transfer.…`, which stands for pushes as well.
  func fetchSettings() async throws -> FetchSettings {
    let text: [UInt8]
    do {
      text = try await output(
        "config", "-z", "--get-regexp", #"^(fetch|transfer)\.(fsckobjects|unpacklimit)$"#)
    } catch StoreError.git(.failed(_, 1, _)) {
      return FetchSettings()
    }
    var values: [String: String] = [:]
    for part in text.split(separator: 0) {
      let words = part.split(separator: 0x0A, maxSplits: 1, omittingEmptySubsequences: false)
        .map { String(decoding: $0, as: UTF8.self) }
      // A name alone stands for true.
      values[words[0]] = words.count > 1 ? words[1].lowercased() : "true"
    }
    var settings = FetchSettings()
    if let value = values["fetch.fsckobjects"] ?? values["transfer.fsckobjects"] {
      settings.checksObjects = !["false", "no", "off", "0", ""].contains(value)
    }
    if let value = values["fetch.unpacklimit"] ?? values["transfer.unpacklimit"],
      let limit = Int(value)
    {
      settings.unpackLimit = limit
    }
    return settings
  }

  // MARK: Shallow commits: those whose parents are left out

  func shallowCommits() throws -> Set<ObjectID> {
    guard let text = try? String(contentsOfFile: shallowFile, encoding: .utf8) else { return [] }
    return Set(text.split(separator: "\n").compactMap { ObjectID(hex: $0) })
  }

  /// Gives this repository as it were if histories also ended at some other commits.
  func cut<Result: Sendable>(
    also ids: Set<ObjectID>, _ body: (LocalRepository) async throws -> Result
  ) async throws -> Result {
    let own = try shallowCommits()
    if ids.isSubset(of: own) { return try await body(self) }
    let file = FileManager.default.temporaryDirectory
      .appending(path: "irminsul-shallow-\(UInt64.random(in: 0 ... .max))").path
    defer { try? FileManager.default.removeItem(atPath: file) }
    do {
      let text = own.union(ids).sorted().map { $0.hex + "\n" }.joined()
      try text.write(toFile: file, atomically: false, encoding: .utf8)
    } catch {
      throw StoreError.git(.cannotWrite(path: file, reason: SystemReason.text(of: error)))
    }
    var copy = self
    copy.otherShallowFile = file
    return try await body(copy)
  }

  func setShallowCommits(_ ids: Set<ObjectID>) throws {
    do {
      if ids.isEmpty {
        if FileManager.default.fileExists(atPath: shallowFile) {
          try FileManager.default.removeItem(atPath: shallowFile)
        }
      } else {
        let text = ids.sorted().map { $0.hex + "\n" }.joined()
        try text.write(toFile: shallowFile, atomically: true, encoding: .utf8)
      }
    } catch {
      throw StoreError.git(
        .cannotWrite(path: shallowFile, reason: SystemReason.text(of: error)))
    }
  }
}
