import GitObjects
import RedisScripting

/// A line of a text with the commit that wrote it as it is.
public struct BlamedLine: Sendable {
  /// The line with its end, if it has one.
  public let bytes: Bytes
  /// Its place in the text, from 1.
  public let number: Int
  /// Its place in the text as the commit has it, from 1.
  public let originalNumber: Int
  public let commit: Commit

  /// The line without its end; bytes that are not UTF-8 show as U+FFFD.
  public var text: String {
    var line = bytes[...]
    if line.last == UInt8(ascii: "\n") { line.removeLast() }
    if line.last == UInt8(ascii: "\r") { line.removeLast() }
    return String(decoding: line, as: UTF8.self)
  }
}

/// Which commit wrote each line of a text. Lines go down to the first parent whose text has them, until no
/// parent has.
struct LineBlame {
  /// A line on its way down.
  private struct Line {
    /// Its place in the text that was asked about.
    let number: Int
    /// Its place in the text of the commit that it has come to.
    var place: Int
  }

  struct Origin {
    let commit: ObjectID
    let place: Int
  }

  private let objects: ObjectDatabase
  private var walk: BlameWalk
  private var texts: [ObjectID: TextLines] = [:]
  private var known: [ArraySlice<UInt8>: Int] = [:]
  private var lines: [ObjectID: [Line]] = [:]
  private(set) var found: [Int: Origin] = [:]

  init(_ path: Path, _ objects: ObjectDatabase, _ limit: HistoryLimit) {
    self.objects = objects
    walk = BlameWalk(path, objects, limit)
  }

  /// - Parameter wanted: Places from 0.
  mutating func run(from commit: ObjectID, lines wanted: Range<Int>) async throws {
    try await pass(wanted.map { Line(number: $0, place: $0) }, to: commit)
    while let id = walk.next() {
      guard var own = lines.removeValue(forKey: id) else { continue }
      let step = try await walk.visit(id)
      guard let entry = step.entry else { continue }
      // A parent that has the very same text takes all, wherever it stands among the parents.
      if let same = step.parents.first(where: { $0.entry?.id == entry.id }) {
        try await pass(own, to: same.id)
        continue
      }
      for (parent, other) in step.parents where !own.isEmpty {
        guard let other, other.mode.objectKind == .blob else { continue }
        let (kept, rest) = try await split(own, from: entry.id, to: other.id)
        try await pass(kept, to: parent)
        own = rest
      }
      for line in own { found[line.number] = Origin(commit: id, place: line.place) }
      forgetTexts()
    }
  }

  private mutating func pass(_ new: [Line], to id: ObjectID) async throws {
    if new.isEmpty { return }
    if lines[id] == nil { try await walk.add(id) }
    lines[id, default: []] += new
  }

  /// The lines that another text has as well, with their places there, and the others.
  private mutating func split(
    _ own: [Line], from id: ObjectID, to other: ObjectID
  ) async throws -> (kept: [Line], rest: [Line]) {
    let hunks = LineDiff.hunks(try await text(other), try await text(id))
    var kept: [Line] = []
    var rest: [Line] = []
    var at = 0
    var shift = 0
    for line in own.sorted(by: { $0.place < $1.place }) {
      while at < hunks.count, hunks[at].new.upperBound <= line.place {
        shift = hunks[at].old.upperBound - hunks[at].new.upperBound
        at += 1
      }
      if at < hunks.count, hunks[at].new.contains(line.place) {
        rest.append(line)
      } else {
        kept.append(Line(number: line.number, place: line.place + shift))
      }
    }
    return (kept, rest)
  }

  private mutating func text(_ id: ObjectID) async throws -> TextLines {
    if let text = texts[id] { return text }
    let text = TextLines(Bytes(try await objects.read(id).content), &known)
    texts[id] = text
    return text
  }

  /// Few texts are needed twice: the next commit's, mostly.
  private mutating func forgetTexts() {
    guard texts.count > 16 else { return }
    texts = [:]
    known = [:]
  }
}

extension Repository {
  /// The lines of the text at a path, each with the commit that wrote it as it is.
  ///
  /// ```swift
  /// for line in try await repository.blame(linesOf: "config/app.conf", at: head) {
  ///   print(line.commit.id, line.number, line.text)
  /// }
  /// ```
  ///
  /// One walk for all lines, which ends when the last of them is decided. Reads, of each commit on the way, what is at
  /// the path, hundreds in one round trip, and each different text once or twice.
  ///
  /// - Parameters:
  ///   - path: Of a blob.
  ///   - commit: Whose text it is.
  ///   - lines: Which lines, from 1; nil: all. What is beyond the end is left out.
  ///   - limit: How many commits may be visited; more is an error.
  /// - Throws: ``StoreError/notFound(_:in:)`` when nothing is at the path, ``StoreError/wrongKind(_:found:wanted:)``
  ///   when no blob is there, ``StoreError/historyLimit(_:)``.
  ///
  /// Source: `git blame`, without its search for lines that came from other files.
  public func blame(
    linesOf path: Path, at commit: ObjectID, lines: ClosedRange<Int>? = nil,
    limit: HistoryLimit = .none
  ) async throws -> [BlamedLine] {
    try path.checkForReading()
    let tree = try await tree(try await objects.rootTree(of: commit))
    guard let entry = try await tree.entry(path) else {
      throw StoreError.notFound(path, in: "commit \(commit.hex.prefix(10))")
    }
    guard entry.mode.objectKind == .blob else {
      throw StoreError.wrongKind(path, found: entry.mode, wanted: "a blob")
    }
    var known: [ArraySlice<UInt8>: Int] = [:]
    let text = TextLines(Bytes(try await objects.read(entry.id).content), &known).lines
    var wanted = 0..<text.count
    if let lines {
      let end = max(lines.upperBound, 0)
      wanted = wanted.clamped(to: min(max(lines.lowerBound, 1) - 1, end)..<end)
    }
    var blame = LineBlame(path, objects, limit)
    try await blame.run(from: commit, lines: wanted)
    let found = blame.found
    let unique = Array(Set(found.values.map(\.commit)))
    var commits: [ObjectID: Commit] = [:]
    for (id, object) in zip(unique, try await objects.read(unique)) {
      commits[id] = try Commit(id: id, framed: object, in: location)
    }
    return wanted.compactMap { place in
      guard let origin = found[place], let commit = commits[origin.commit] else { return nil }
      return BlamedLine(
        bytes: Bytes(text[place]), number: place + 1, originalNumber: origin.place + 1,
        commit: commit)
    }
  }
}
