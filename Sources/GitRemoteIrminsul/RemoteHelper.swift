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
      let words = line.split(separator: Self.space, maxSplits: 1)
      let rest = words.count > 1 ? String(decoding: words[1], as: UTF8.self) : nil
      switch String(decoding: words.first ?? [], as: UTF8.self) {
      case "capabilities":
        try answer(["fetch", "push", "option", "check-connectivity", "object-format", ""])
      case "option": try answer([options.set(rest ?? "")])
      case "list": try await list(isForPush: rest != nil)
      case "fetch": try await fetch(try batch(line))
      case "push": try await push(try batch(line))
      case let word:
        throw HelperFailure("git asks for \"\(word)\", which this helper does not know")
      }
    }
    await repository?.close()
  }

  private static let space = UInt8(ascii: " ")

  /// A command that comes in several lines, up to an empty one.
  private func batch(_ first: [UInt8]) throws -> [[UInt8]] {
    var lines = [first]
    while true {
      // A half of it is not what git wants.
      guard let line = try input.line() else {
        throw HelperFailure("git has ended in the middle of a command")
      }
      if line.isEmpty { break }
      lines.append(line)
    }
    return lines.map { Array($0.drop { $0 != Self.space }.dropFirst()) }
  }

  private func answer(_ lines: [String]) throws { try answer(lines.map { Array($0.utf8) }) }

  private func answer(_ lines: [[UInt8]]) throws {
    try StandardOutput.write(Array(lines.map { $0 + [0x0A] }.joined()))
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
    for broken in listing.broken {
      // As git says it of a repository's.
      StandardError.line(
        "warning: ignoring broken ref \(broken.name): it \(broken.reason); irminsul verify names all of them"
      )
    }
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

  private mutating func fetch(_ lines: [[UInt8]]) async throws {
    if let refusal = options.fetchRefusal { throw HelperFailure(refusal) }
    let wants = try lines.map { line in
      guard
        let id = ObjectID(hex: String(decoding: line.prefix { $0 != Self.space }, as: UTF8.self))
      else {
        throw HelperFailure(
          "git asks for \"\(String(decoding: line, as: UTF8.self))\", which is no id")
      }
      return id
    }
    var choices = GitRemote.FetchOptions()
    choices.depth = options.depth
    choices.completesShallow = options.isUnshallow
    choices.trustsLocalRefs = !options.isRefetch
    if options.followsTags { choices.followedTags = annotatedTags }
    let progress = ProgressLine("Receiving objects", isShown: options.showsProgress)
    let result: GitRemote.FetchResult
    do {
      result = try await remote().fetch(wants, choices) { progress.show($0) }
    } catch StoreError.missingObject(let id, let place)
      where wants.contains(id) && !listed.values.contains(id)
    {
      // No ref leads there: somebody has asked for it by its id.
      throw HelperFailure("remote error: not our ref \(id): there is no such object in \(place)")
    }
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

  private mutating func push(_ lines: [[UInt8]]) async throws {
    let orders = try lines.map { try PushOrder($0) }
    let updates = orders.compactMap { order -> GitRemote.Update? in
      guard let ref = order.ref, let source = order.source else { return nil }
      return GitRemote.Update(
        ref, to: source.isEmpty ? nil : source,
        from: options.leases[ref] ?? listed[order.name],
        isForced: order.isForced || options.leases[ref] != nil)
    }
    var outcomes = try await outcomes(of: updates, isWhole: updates.count == orders.count)[...]
    var answers: [[UInt8]] = []
    for order in orders {
      guard order.ref != nil, order.source != nil, let outcome = outcomes.popFirst() else {
        answers.append(order.answer("error", "a ref's name must be UTF-8 here"))
        continue
      }
      switch outcome {
      case .done: answers.append(order.answer("ok"))
      case .refused(let reason):
        // git would take the end of a quotation at the start for the end of the reason.
        let isQuoted = reason.hasPrefix("\"")
        answers.append(order.answer("error", (isQuoted ? "refused: " : "") + reason))
      case .rebased(let old, let new):
        answers += [
          order.answer("ok"), Array("option refname ".utf8) + order.name,
          Array("option old-oid \(old)".utf8), Array("option new-oid \(new)".utf8),
        ]
        StandardError.line(
          old == new
            ? "\(order.text) had moved, and has what you changed already: git rebase"
            : "\(order.text) had moved: the store has made your commits anew on \(old.hex.prefix(10)), "
              + "and its head is now \(new.hex.prefix(10)).\n"
              + "Have them here, too: git rebase, or git reset --hard @{upstream}.")
      case .rebasable(let head):
        answers.append(order.answer("ok"))
        StandardError.line(
          "\(order.text) has moved: the store would make your commits anew on \(head.hex.prefix(10))."
        )
      }
    }
    try answer(answers + [[]])
  }

  /// - Parameter isWhole: Whether these are all that git has asked for; an atomic push is that or nothing.
  private mutating func outcomes(
    of updates: [GitRemote.Update], isWhole: Bool
  ) async throws -> [GitRemote.Outcome] {
    if options.isAtomic, !isWhole {
      return updates.map { _ in .refused("atomic transaction failed") }
    }
    var choices = GitRemote.PushOptions()
    choices.isAtomic = options.isAtomic
    choices.isDryRun = options.isDryRun
    choices.rebases = options.rebases
    choices.known = Array(Set(listed.values))
    let progress = ProgressLine("Writing objects", isShown: options.showsProgress)
    defer { progress.finish() }
    do {
      return try await remote().push(updates, choices) { progress.show($0) }
    } catch let error as StoreError {
      // So that git says of each ref that it was not set, and goes on to its own end.
      let reason = Self.oneLine(error)
      return updates.map { _ in .refused(reason) }
    }
  }

  static func oneLine(_ error: StoreError) -> String {
    error.description.split(separator: "\n").joined(separator: "; ")
  }
}

/// What git asks for of one ref: `+SOURCE:REF`, or `:REF`.
private struct PushOrder {
  let isForced: Bool
  /// The ref of the store, by its full name.
  let name: [UInt8]
  /// Both in UTF-8; nil for what is not.
  let ref: String?
  let source: String?

  /// The name for people.
  var text: String { String(decoding: name, as: UTF8.self) }

  init(_ line: [UInt8]) throws {
    // What is pushed may have a colon in its name, as in HEAD:folder; a ref has none.
    guard let colon = line.lastIndex(of: UInt8(ascii: ":")) else {
      throw HelperFailure("git pushes \"\(String(decoding: line, as: UTF8.self))\"")
    }
    isForced = line.first == UInt8(ascii: "+")
    name = Array(line[(colon + 1)...])
    ref = String(validating: name, as: UTF8.self)
    source = String(validating: line[(isForced ? 1 : 0)..<colon], as: UTF8.self)
  }

  func answer(_ word: String, _ reason: String = "") -> [UInt8] {
    Array("\(word) ".utf8) + name + (reason.isEmpty ? [] : Array(" \(reason)".utf8))
  }
}

/// Why the helper cannot go on.
struct HelperFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}
