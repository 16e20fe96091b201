import Foundation
import Irminsul

/// A merge that has met conflicts and waits for somebody to resolve them: what was asked for, and what was
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

  let store: String
  let branch: String
  /// The commit that is merged, and how the user named it.
  let source: String
  let revision: String
  let message: String
  let rules: [String]
  let allowsUnrelated: Bool
  var decisions: [Decision] = []

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

  /// The merge that waits on a branch.
  static func loadExisting(_ branch: Branch) throws -> PendingMerge {
    guard let merge = try load(branch) else {
      throw Failure(
        .refused,
        "no merge into \(branch.name) waits for anything\nBegin one with `irminsul merge REV`.")
    }
    return merge
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

  /// The merge as it is now, with what was decided already taken out of its conflicts.
  func merge(into branch: Branch) async throws -> BranchMerge {
    guard let source = ObjectID(hex: source) else {
      throw Failure(.io, "the record of the merge into \(branch.name) names no commit")
    }
    var merge = try await branch.merging(source, try options)
    try await merge.resolve { conflict in
      decisions.first { $0.fits(conflict) }?.resolution
    }
    return merge
  }
}
