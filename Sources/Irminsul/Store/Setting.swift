import GitObjects

/// Something that a store can be told to do, kept in the store itself: it holds for every writer, whatever
/// program that is.
///
/// ```swift
/// try await repository.set(.denyNonFastForwards, to: "true")
/// let head = try await repository.settings()[.head]
/// ```
public struct Setting: Sendable, Hashable {
  /// What values a setting takes.
  public enum Kind: String, Sendable, Hashable, Codable {
    /// `true` or `false`; `yes`, `on`, `1`, `no`, `off` and `0` are understood.
    case flag
    /// The short name of a branch, or its full name.
    case branch
    /// Names of refs, parted by spaces or commas, in which `*` stands for any characters: `main`,
    /// `release/*`, `refs/tags/*`. A name that does not start with `refs/` is a branch's.
    case refs
    /// A number, 0 or more.
    case count
    /// A number, 1 or more, or `all`.
    case commits
    /// A number, 1 or more; `k`, `m`, `g` or `t` after it is 1024 and its powers, as in git.
    case size
  }

  /// Such as `receive.denyDeletes`.
  public let name: String
  public let kind: Kind
  /// What holds where it is not set; empty where nothing does.
  public let standard: String
  /// One line for people.
  public let summary: String

  /// The branch that the store's HEAD names: what a clone checks out.
  public static let head = Setting(
    name: "head", kind: .branch, standard: "main", summary: "the branch that HEAD names")
  /// Whether branches can be removed by nobody. Source: git's `receive.denyDeletes`.
  public static let denyDeletes = Setting(
    name: "receive.denyDeletes", kind: .flag, standard: "false",
    summary: "no branch can be removed")
  /// Whether branches only move forward: to commits that have the present head among their ancestors. The server
  /// looks at 1,000 commits for that, and refuses what it does not find out. Source: git's
  /// `receive.denyNonFastForwards`.
  public static let denyNonFastForwards = Setting(
    name: "receive.denyNonFastForwards", kind: .flag, standard: "false",
    summary: "branches move forward only")
  /// Refs that cannot be removed and move forward only.
  public static let protected = Setting(
    name: "receive.protected", kind: .refs, standard: "",
    summary: "refs that cannot be removed and move forward only, such as \"main release/*\"")

  /// The newest commits of each branch that its history keeps: see ``Retention``.
  public static let retentionCommits = Setting(
    name: "retention.commits", kind: .commits, standard: "",
    summary: "the newest commits that a branch's history keeps, or all (so without any of these)")
  /// Days for which commits stay, however many they are.
  public static let retentionDays = Setting(
    name: "retention.days", kind: .count, standard: "",
    summary: "days for which commits stay, however many they are")
  /// Beyond these, one commit an hour is kept as a snapshot, for so many hours.
  public static let retentionHourly = Setting(
    name: "retention.hourly", kind: .count, standard: "",
    summary: "beyond these, so many hours of which the last commit stays as a snapshot")
  /// Before the hourly ones, one a day.
  public static let retentionDaily = Setting(
    name: "retention.daily", kind: .count, standard: "",
    summary: "before those, so many days of which the last commit stays as a snapshot")
  /// Before the daily ones, one a week.
  public static let retentionWeekly = Setting(
    name: "retention.weekly", kind: .count, standard: "",
    summary: "before those, so many weeks of which the last commit stays as a snapshot")
  /// How many commits are kept of what each tag names: it and what came before.
  public static let retentionTags = Setting(
    name: "retention.tags", kind: .commits, standard: "1",
    summary: "the newest commits that a tag's history keeps, where that of branches is cut")

  /// The objects that the store may hold: what would bring more is refused. See ``Repository/usage()``.
  public static let quotaObjects = Setting(
    name: "quota.objects", kind: .size, standard: "",
    summary: "the objects that the store may hold: a commit that needs more is refused")
  /// The bytes that the store's objects may have together, as they are stored, without what the server needs beside
  /// them: about 100 bytes an object.
  public static let quotaBytes = Setting(
    name: "quota.bytes", kind: .size, standard: "",
    summary: "the bytes that its objects may have together, such as 10g")
  private static let quotas = [quotaBytes, quotaObjects]

  /// Whether it limits what the store holds.
  var isQuota: Bool { Self.quotas.contains(self) }

  private static let retention = [
    retentionCommits, retentionDays, retentionHourly, retentionDaily, retentionWeekly,
  ]

  /// Every setting that this version knows, by name; those of ``Retention`` can also be set for some branches:
  /// ``forBranches(_:)``.
  public static let all =
    [head, denyDeletes, denyNonFastForwards, protected] + quotas + retention + [retentionTags]

  /// A setting of ``Retention`` for those branches alone whose name is like a pattern, in which `*` stands for any
  /// characters: `retention.release/*.commits`. Of several patterns the one with most letters counts, with all that is set for it.
  ///
  /// - Throws: ``StoreError/badSetting(_:reason:)``.
  ///
  /// Source: the form is that of git's `branch.NAME.…`.
  public func forBranches(_ pattern: String) throws(StoreError) -> Setting {
    guard Self.retention.contains(self) else {
      throw .badSetting(name, reason: "it cannot be set for some branches alone")
    }
    let full = pattern.hasPrefix("refs/") ? pattern : Branch.refName(pattern)
    if let problem = RefName.problem(full.replacing("*", with: "x")) {
      throw .badSetting(name, reason: "\"\(pattern)\" \(problem)")
    }
    return Setting(
      name: "retention.\(pattern).\(key)", kind: kind, standard: standard,
      summary: "\(summary), of \(pattern)")
  }

  /// The last part of the name.
  var key: String {
    String(name[(name.lastIndex(of: ".").map(name.index(after:)) ?? name.startIndex)...])
  }

  /// The branches that it is set for; nil: it is for all.
  var pattern: String? {
    let prefix = "retention."
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard name.hasPrefix(prefix), parts.count > 2 else { return nil }
    return String(name.dropFirst(prefix.count).dropLast(key.count + 1))
  }

  /// The setting of a name, in any case of its letters, as in git.
  ///
  /// - Throws: ``StoreError/badSetting(_:reason:)``, which lists what there is.
  public static func named(_ name: String) throws(StoreError) -> Setting {
    if let setting = all.first(where: { $0.name.lowercased() == name.lowercased() }) {
      return setting
    }
    for setting in retention + [retentionTags] {
      let (start, end) = ("retention.", ".\(setting.key)")
      guard name.lowercased().hasPrefix(start), name.lowercased().hasSuffix(end),
        name.count > start.count + end.count
      else { continue }
      return try setting.forBranches(String(name.dropFirst(start.count).dropLast(end.count)))
    }
    throw .badSetting(
      name, reason: "there is none of that name: \(all.map(\.name).joined(separator: ", "))")
  }

  private static let largestCount = 1_000_000_000
  /// Scripts count in doubles.
  private static let largestSize = 1 << 52
  private static let factors: [Character: Int] = [
    "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40,
  ]

  /// The field of the store's record that it is kept in.
  var field: String { "config.\(name)" }

  /// A value in the form in which it is kept.
  ///
  /// - Throws: ``StoreError/badSetting(_:reason:)``.
  func canonical(_ value: String) throws(StoreError) -> String {
    switch kind {
    case .flag:
      switch value.lowercased() {
      case "true", "yes", "on", "1": return "true"
      case "false", "no", "off", "0": return "false"
      default: throw .badSetting(name, reason: "\"\(value)\" is neither true nor false")
      }
    case .count, .commits:
      let least = kind == .count ? 0 : 1
      if kind == .commits, value.lowercased() == "all" { return "all" }
      guard let number = Int(value), number >= least, number <= Self.largestCount else {
        throw .badSetting(
          name,
          reason: "\"\(value)\" is no number from \(least) to \(Self.largestCount)"
            + (kind == .commits ? ", nor \"all\"" : ""))
      }
      return String(number)
    case .size:
      let factor = value.last.flatMap { Self.factors[Character($0.lowercased())] }
      guard let number = Int(factor == nil ? value : String(value.dropLast())), number > 0,
        number <= Self.largestSize / (factor ?? 1)
      else {
        throw .badSetting(
          name, reason: "\"\(value)\" is no number of 1 or more, such as 500000, 64k, 500m, 10g")
      }
      return String(number * (factor ?? 1))
    case .branch:
      let branch = Branch.name(ofRef: value) ?? value
      try Branch.check(branch)
      return branch
    case .refs:
      let words = value.split { $0 == " " || $0 == "," || $0.isNewline || $0 == "\t" }
      guard !words.isEmpty else {
        throw .badSetting(
          name, reason: "it takes one name of a ref or more; take it away with unset")
      }
      var names: [String] = []
      for word in words {
        let full = word.hasPrefix("refs/") ? String(word) : Branch.refName(String(word))
        // The rules of names, but for the star.
        if let problem = RefName.problem(full.replacing("*", with: "x")) {
          throw .badSetting(name, reason: "\"\(word)\" \(problem)")
        }
        names.append(full)
      }
      return names.joined(separator: " ")
    }
  }
}

/// The settings of a store at one moment.
public struct StoreSettings: Sendable, Hashable {
  private var values: [Setting: String]

  init(_ values: [Setting: String]) {
    self.values = values
  }

  /// What is set, by name.
  public var all: [Setting] { values.keys.sorted { $0.name < $1.name } }

  /// What a setting is set to; nil where it is not set. HEAD always is.
  public func value(of setting: Setting) -> String? { values[setting] }

  /// What holds for a setting: what it is set to, else what is usual.
  public subscript(_ setting: Setting) -> String { values[setting] ?? setting.standard }

  /// Whether a setting of the kind `flag` is on.
  public func isOn(_ setting: Setting) -> Bool { self[setting] == "true" }
}
