import GitObjects

/// How much of its history a store keeps: what its settings say. ``Repository/collectGarbage(_:progress:)`` applies
/// it.
///
/// ```swift
/// try await repository.set(.retentionCommits, to: "10000")
/// try await repository.set(.retentionDaily.forBranches("release/*"), to: "90")
/// ```
public struct Retention: Sendable, Hashable {
  /// What is kept of one history: all that one of these asks for, and the head in any case.
  public struct Rule: Sendable, Hashable {
    /// The newest commits; nil: all.
    public var commits: Int?
    /// Those that are so many days old or younger.
    public var days = 0
    /// Of so many hours before these, the last commit.
    public var hourly = 0
    /// Of so many days before those.
    public var daily = 0
    /// Of so many weeks before those.
    public var weekly = 0

    /// The whole history.
    public static let all = Rule(commits: nil)
  }

  /// Of histories that no pattern is for.
  public var standard = Rule.all
  /// Of branches with certain names; the pattern with most letters comes first, and the first that fits counts.
  public private(set) var patterns: [Pattern] = []
  /// Of tags.
  public var tags = Rule(commits: 1)

  /// Names of branches, `*` standing for any characters, and what is kept of them.
  public struct Pattern: Sendable, Hashable {
    public let pattern: String
    public let rule: Rule
  }

  init(_ settings: StoreSettings) {
    var set: [String?: [String: String]] = [:]
    for setting in settings.all where setting.name.hasPrefix("retention.") {
      set[setting.pattern, default: [:]][setting.key] = settings[setting]
    }
    for (pattern, values) in set {
      let number = { (key: String) in values[key].flatMap { Int($0) } ?? 0 }
      var rule = Rule(
        commits: 1, days: number("days"), hourly: number("hourly"), daily: number("daily"),
        weekly: number("weekly"))
      if let commits = values["commits"] {
        rule.commits = Int(commits)
      } else if rule == Rule(commits: 1) {
        // `retention.tags` alone says nothing of branches.
        rule = .all
      }
      if let pattern {
        patterns.append(Pattern(pattern: pattern, rule: rule))
      } else {
        standard = rule
      }
    }
    func letters(_ item: Pattern) -> Int { item.pattern.count { $0 != "*" } }
    patterns.sort {
      letters($0) != letters($1) ? letters($0) > letters($1) : $0.pattern < $1.pattern
    }
    tags.commits = Int(settings[.retentionTags])
  }

  /// Whether everything is kept.
  public var isAll: Bool {
    standard == .all && patterns.allSatisfy { $0.rule == .all }
  }

  /// What is kept of the history of a ref.
  ///
  /// - Parameter ref: A full name.
  public func rule(for ref: String) -> Rule {
    if ref.hasPrefix("refs/tags/") { return tags }
    // Each stands for itself.
    if ref.hasPrefix(Self.snapshots) { return Rule(commits: 1) }
    let found = patterns.first { item in
      let full =
        item.pattern.hasPrefix("refs/") ? item.pattern : Branch.refName(item.pattern)
      return Self.matches(ref, full)
    }
    return found?.rule ?? standard
  }

  /// Where the snapshots are that stay of histories: `refs/retained/heads/main/…`.
  static let snapshots = "refs/retained/"

  /// Whether a name is like a pattern, in which `*` stands for any characters.
  static func matches(_ name: String, _ pattern: String) -> Bool {
    let parts = pattern.utf8.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false)
    guard let first = parts.first, let last = parts.last, parts.count > 1 else {
      return name == pattern
    }
    var rest = Array(name.utf8)[...]
    guard rest.starts(with: first) else { return false }
    rest = rest.dropFirst(first.count)
    for part in parts.dropFirst().dropLast() where !part.isEmpty {
      // The first place is as good as any: what follows is looked for after it.
      guard
        let at = rest.indices.first(where: { rest[$0...].starts(with: part) })
      else { return false }
      rest = rest[(at + part.count)...]
    }
    return rest.count >= last.count && rest.suffix(last.count).elementsEqual(last)
  }
}

extension StoreSettings {
  /// How much of its history the store keeps.
  public var retention: Retention { Retention(self) }
}
