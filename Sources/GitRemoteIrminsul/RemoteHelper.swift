import Foundation
import Irminsul

/// The conversation with git: its commands on standard input, answers on standard output, a line each.
///
/// Source: https://git-scm.com/docs/gitremote-helpers
struct RemoteHelper {
  let url: String
  let input: CommandInput
  private var options = HelperOptions()
  private var repository: Repository?
  /// git's own, from the first look at the store on.
  private var folder: GitRemote.Folder?
  /// Where git has been told that refs are, by full name in bytes: text would take two spellings for one.
  private var listed: [[UInt8]: ObjectID] = [:]

  init(url: String, input: CommandInput) {
    self.url = url
    self.input = input
  }

  /// Answers commands until git has no more.
  mutating func run() async throws {
    while let line = try input.line(), !line.isEmpty {
      let words = line.split(separator: " ", maxSplits: 1).map(String.init)
      switch words[0] {
      case "capabilities":
        try answer(["fetch", "push", "option", "check-connectivity", "object-format", ""])
      case "option": try answer([options.set(words.count > 1 ? words[1] : "")])
      case "list": try await list(isForPush: words.count > 1)
      case "fetch": try await fetch(try batch(line))
      case "push": try await push(try batch(line))
      default:
        throw HelperFailure("git asks for \"\(words[0])\", which this helper does not know")
      }
    }
    await repository?.close()
  }

  /// A command that comes in several lines, up to an empty one.
  private func batch(_ first: String) throws -> [String] {
    var lines = [first]
    while let line = try input.line(), !line.isEmpty { lines.append(line) }
    return lines.map { String($0.drop { $0 != " " }.dropFirst()) }
  }

  private func answer(_ lines: [String]) throws {
    try StandardOutput.write(lines.map { $0 + "\n" }.joined())
  }

  private mutating func store() async throws -> Repository {
    if let repository { return repository }
    let environment = ProcessInfo.processInfo.environment
    folder = environment["GIT_DIR"].map { GitRemote.Folder(lookingAt: $0) }
    var choices = Repository.Options()
    choices.creation = .never
    let opened = try await Repository.open(
      url, environment: environment, options: choices)
    repository = opened
    return opened
  }

  private mutating func remote() async throws -> GitRemote {
    let store = try await store()
    guard let folder else {
      throw HelperFailure("git has not said which repository this is for (GIT_DIR)")
    }
    return GitRemote(store, for: folder)
  }

  // MARK: list

  private mutating func list(isForPush: Bool) async throws {
    let store = try await store()
    let listing = try await GitRemote(store, for: "").listing(isForPush ? .plain : .peeled)
    let references = listing.references
    listed = Dictionary(references.map { (Array($0.name.utf8), $0.id) }) { first, _ in first }
    var lines: [String] = []
    if options.wantsObjectFormat { lines.append(":object-format \(store.algorithm.rawValue)") }
    // What a push may set does not include HEAD.
    let prefix = "ref: "
    if !isForPush {
      let name = String(listing.head.dropFirst(prefix.count))
      if !listing.head.hasPrefix(prefix) {
        lines.append("\(listing.head) HEAD")
      } else if listed[Array(name.utf8)] != nil {
        lines.append("@\(name) HEAD")
      }
    }
    lines += references.map { "\($0.id) \($0.name)" }
    try answer(lines + [""])
  }

  // MARK: fetch

  private mutating func fetch(_ lines: [String]) async throws {
    if let refusal = options.fetchRefusal { throw HelperFailure(refusal) }
    let wants = try lines.map { line in
      guard let id = ObjectID(hex: line.prefix { $0 != " " }) else {
        throw HelperFailure("git asks for \"\(line)\", which is no id")
      }
      return id
    }
    var choices = GitRemote.FetchOptions()
    choices.depth = options.depth
    choices.completesShallow = options.isUnshallow
    choices.trustsLocalRefs = !options.isRefetch
    if options.followsTags { choices.followedTags = annotatedTags }
    let progress = ProgressLine("Receiving objects", isShown: options.showsProgress)
    let result = try await remote().fetch(wants, choices) { progress.show($0) }
    progress.finish()
    var answers: [String] = []
    if let file = result.keepFile { answers.append("lock \(file)") }
    if options.checksConnectivity, result.isSelfContained { answers.append("connectivity-ok") }
    try answer(answers + [""])
  }

  /// The annotated tags that git has been told of, by id, with what they lead to.
  private var annotatedTags: [ObjectID: ObjectID] {
    var tags: [ObjectID: ObjectID] = [:]
    for (name, target) in listed where name.suffix(3).elementsEqual("^{}".utf8) {
      guard name.starts(with: "refs/tags/".utf8), let tag = listed[Array(name.dropLast(3))] else {
        continue
      }
      tags[tag] = target
    }
    return tags
  }

  // MARK: push

  private mutating func push(_ lines: [String]) async throws {
    let updates = try lines.map { line in
      let isForced = line.hasPrefix("+")
      // What is pushed may have a colon in its name, as in HEAD:folder; a ref has none.
      guard let colon = line.lastIndex(of: ":") else {
        throw HelperFailure("git pushes \"\(line)\"")
      }
      let source = String(line[..<colon].dropFirst(isForced ? 1 : 0))
      let ref = String(line[line.index(after: colon)...])
      return GitRemote.Update(
        ref, to: source.isEmpty ? nil : source,
        from: options.leases[ref] ?? listed[Array(ref.utf8)],
        isForced: isForced || options.leases[ref] != nil)
    }
    var choices = GitRemote.PushOptions()
    choices.isAtomic = options.isAtomic
    choices.isDryRun = options.isDryRun
    choices.rebases = options.rebases
    choices.known = Array(Set(listed.values))
    let progress = ProgressLine("Writing objects", isShown: options.showsProgress)
    let outcomes: [GitRemote.Outcome]
    do {
      outcomes = try await remote().push(updates, choices) { progress.show($0) }
    } catch let error as StoreError {
      // So that git says of each ref that it was not set, and goes on to its own end.
      progress.finish()
      let reason = Self.oneLine(error)
      outcomes = updates.map { _ in .refused(reason) }
    }
    progress.finish()
    var answers: [String] = []
    for (update, outcome) in zip(updates, outcomes) {
      switch outcome {
      case .done: answers.append("ok \(update.ref)")
      case .refused(let reason):
        // git would take the end of a quotation at the start for the end of the reason.
        let isQuoted = reason.hasPrefix("\"")
        answers.append("error \(update.ref) \(isQuoted ? "refused: " : "")\(reason)")
      case .rebased(let old, let new):
        answers += [
          "ok \(update.ref)", "option refname \(update.ref)", "option old-oid \(old)",
          "option new-oid \(new)",
        ]
        StandardError.line(
          old == new
            ? "\(update.ref) had moved, and has what you changed already: git rebase"
            : "\(update.ref) had moved: the store has made your commits anew on \(old.hex.prefix(10)), "
              + "and its head is now \(new.hex.prefix(10)).\n"
              + "Have them here, too: git rebase, or git reset --hard @{upstream}.")
      }
    }
    try answer(answers + [""])
  }

  static func oneLine(_ error: StoreError) -> String {
    error.description.split(separator: "\n").joined(separator: "; ")
  }
}

/// Why the helper cannot go on.
struct HelperFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}
