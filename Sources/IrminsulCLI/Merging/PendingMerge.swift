import Foundation
import Irminsul

/// A merge, a revert or a cherry-pick that has met conflicts and waits for somebody to resolve them: what was asked for, and what was
/// decided so far. It is kept in a file beside the store, never in it; the merge itself is made again each
/// time, so that it fits the branch as it is by then.
struct PendingMerge: Codable {
  /// A decision about one path, for the three versions that it was made for.
  struct Decision: Codable {
    enum Choice: String, Codable {
      case ours, theirs, base, removed, value
    }

    let path: Data
    let base: String?
    let ours: String?
    let theirs: String?
    let choice: Choice
    var value: Data?
    var mode: UInt32?

    init(_ conflict: MergeConflict, _ choice: Choice, value: [UInt8]? = nil, mode: FileMode? = nil)
    {
      path = Data(conflict.path.bytes)
      (base, ours, theirs) = Self.versions(of: conflict)
      self.choice = choice
      self.value = value.map { Data($0) }
      self.mode = mode?.rawValue
    }

    static func versions(of conflict: MergeConflict) -> (String?, String?, String?) {
      func text(_ entry: Entry?) -> String? { entry.map { "\($0.mode) \($0.id)" } }
      return (text(conflict.base), text(conflict.ours), text(conflict.theirs))
    }

    func fits(_ conflict: MergeConflict) -> Bool {
      Array(path) == conflict.path.bytes && Self.versions(of: conflict) == (base, ours, theirs)
    }

    var resolution: TreeMerge.Resolution {
      switch choice {
      case .ours: .ours
      case .theirs: .theirs
      case .base: .base
      case .removed: .removed
      case .value:
        .value(value.map { [UInt8]($0) } ?? [], mode: mode.map { FileMode(rawValue: $0) } ?? .blob)
      }
    }
  }

  /// What is done with the commit, by the command's name.
  enum Command: String, Codable {
    case merge
    case revert
    case cherryPick = "cherry-pick"
  }

  /// What else a revert or a cherry-pick was asked for.
  struct Series: Codable {
    let command: Command
    let mainline: Int?
    /// The commits that come after this one.
    let rest: [String]
  }

  let store: String
  let branch: String
  /// The commit that is merged, undone or made again, and how the user named it.
  let source: String
  let revision: String
  /// Empty for the commit's own.
  let message: String
  let rules: [String]
  let allowsUnrelated: Bool
  var decisions: [Decision] = []
  /// nil for a merge.
  var series: Series?

  var command: Command { series?.command ?? .merge }

  var allResolved: String {
    "all conflicts are resolved: make the commit with `irminsul \(command.rawValue) --continue`"
  }

  /// Whether a decision holds for a conflict.
  func decides(_ conflict: MergeConflict) -> Bool { decisions.contains { $0.fits(conflict) } }

  /// Decides about a path, whatever was decided before.
  mutating func decide(_ decision: Decision) {
    decisions.removeAll { $0.path == decision.path }
    decisions.append(decision)
  }

  // MARK: The file

  /// Where the merge into a branch is kept.
  static func file(of branch: Branch) -> String {
    var location = branch.repository.location
    if location.hasPrefix("file:") {
      // One store has one record, however its path is written.
      location =
        "file:" + URL(fileURLWithPath: String(location.dropFirst("file:".count))).standardized.path
    }
    let name = branch.name.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "branch"
    let words = "\(location) \(branch.repository.name) \(branch.name)"
    let key = FramedObject(kind: .blob, content: [UInt8](words.utf8)).id(.sha1).hex.prefix(12)
    if location.hasPrefix("file:") {
      return "\(location.dropFirst("file:".count)).merge-\(name)-\(key).json"
    }
    let environment = ProcessInfo.processInfo.environment
    let state =
      environment["XDG_STATE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
      ?? (environment["HOME"] ?? NSHomeDirectory()) + "/.local/state"
    return "\(state)/irminsul/merge-\(name)-\(key).json"
  }

  /// The merge that waits on a branch; nil for none.
  static func load(_ branch: Branch) throws -> PendingMerge? {
    let file = file(of: branch)
    guard FileManager.default.fileExists(atPath: file) else { return nil }
    do {
      return try JSONDecoder().decode(
        PendingMerge.self, from: try Data(contentsOf: URL(fileURLWithPath: file)))
    } catch {
      throw Failure(
        .io,
        "the record of a merge in \(file) cannot be read\nGive the merge up by removing that file.")
    }
  }

  /// What waits on a branch.
  ///
  /// - Parameter command: Whose it must be; nil: anyone's.
  static func loadExisting(
    _ branch: Branch, of command: Command? = nil
  ) throws -> PendingMerge {
    guard let pending = try load(branch) else {
      let name = command ?? .merge
      throw Failure(
        .refused,
        "no \(name.rawValue) on \(branch.name) waits for anything\n"
          + "Begin one with `irminsul \(name.rawValue) REV`.")
    }
    if let command, command != pending.command { throw pending.waiting(on: branch) }
    return pending
  }

  /// Refuses to begin anything where something waits.
  static func checkNone(_ branch: Branch) throws {
    if let pending = try load(branch) { throw pending.waiting(on: branch) }
  }

  private func waiting(on branch: Branch) -> Failure {
    Failure(
      .refused,
      "a \(command.rawValue) of \(revision) on \(branch.name) waits for its conflicts to be resolved\n"
        + "End it with `irminsul \(command.rawValue) --continue`, or give it up with "
        + "`irminsul \(command.rawValue) --abort`.")
  }

  /// Forgets what waits on a branch; what was committed before stays.
  static func giveUp(_ command: Command, _ branch: Branch, _ output: OutputOptions) throws {
    _ = try loadExisting(branch, of: command)
    try remove(branch)
    if output.isJSON { return }
    try StandardOutput.line("the \(command.rawValue) on \(branch.name) is given up")
  }

  func save(_ branch: Branch) throws {
    let file = Self.file(of: branch)
    do {
      try FileManager.default.createDirectory(
        atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
      try encoder.encode(self).write(to: URL(fileURLWithPath: file), options: .atomic)
    } catch {
      throw Failure(.io, "cannot write \(file): \(SystemReason.text(of: error))")
    }
  }

  static func remove(_ branch: Branch) throws {
    do {
      try FileManager.default.removeItem(atPath: file(of: branch))
    } catch {
      throw Failure(.io, "cannot remove \(file(of: branch)): \(SystemReason.text(of: error))")
    }
  }

  // MARK: The merge

  var options: MergeOptions {
    get throws {
      var options = MergeOptions(rules: try MergeRuleOptions.rules(rules))
      options.unrelatedHistories = allowsUnrelated ? .merged : .refused
      return options
    }
  }

  /// The merge as it is now, with all conflicts.
  func undecided(on branch: Branch) async throws -> BranchMerge {
    guard let source = ObjectID(hex: source) else {
      throw Failure(
        .io, "the record of the \(command.rawValue) on \(branch.name) names no commit")
    }
    switch command {
    case .merge: return try await branch.merging(source, try options)
    case .revert:
      return try await branch.reverting(source, mainline: series?.mainline, try options)
    case .cherryPick:
      return try await branch.cherryPicking(source, mainline: series?.mainline, try options)
    }
  }

  /// The merge as it is now, with what was decided already taken out of its conflicts.
  func merge(into branch: Branch) async throws -> BranchMerge {
    var merge = try await undecided(on: branch)
    try await merge.resolve { conflict in
      decisions.first { $0.fits(conflict) }?.resolution
    }
    return merge
  }

  /// Makes a merge, again if somebody was faster; no result where it has conflicts.
  static func make(
    _ info: Info?, _ merging: () async throws -> BranchMerge
  ) async throws -> (merge: BranchMerge, result: MergeResult?) {
    var attempts = 0
    while true {
      let merge = try await merging()
      guard merge.conflicts.isEmpty else { return (merge, nil) }
      attempts += 1
      do {
        return (merge, try await merge.commit(info))
      } catch StoreError.conflict(_, _) where attempts < 100 {
      } catch StoreError.headMoved(_, _) where attempts < 100 {
      }
    }
  }

  /// Keeps what has conflicts until somebody has decided them, and tells them.
  ///
  /// - Returns: That the command ends so.
  func keep(_ merge: BranchMerge, _ output: OutputOptions) throws -> Failure {
    try save(merge.branch)
    if output.isJSON {
      var report = MergeReport(merge, "conflicts")
      report.conflicts = merge.conflicts.map(ConflictFacts.init)
      try JSONLine.print(report)
      return Failure(.refused, "")
    }
    for conflict in merge.conflicts { try StandardOutput.line(ConflictFacts.line(conflict)) }
    let name = command.rawValue
    return Failure(
      .refused,
      "\(name) of \(revision): \(NumberText.count(merge.conflicts.count, "conflict")), and "
        + "\(merge.branch.name) stays as it is\n"
        + "Decide with `irminsul resolve PATH --ours|--theirs|--value VALUE`, then "
        + "`irminsul \(name) --continue`,\nor give up with `irminsul \(name) --abort`.")
  }
}
