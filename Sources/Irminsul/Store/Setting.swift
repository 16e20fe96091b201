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
  }

  /// Such as `receive.denyDeletes`.
  public let name: String
  public let kind: Kind
  /// What holds where it is not set.
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

  /// Every setting that this version knows, by name.
  public static let all = [head, denyDeletes, denyNonFastForwards, protected]

  /// The setting of a name, in any case of its letters, as in git.
  ///
  /// - Throws: ``StoreError/badSetting(_:reason:)``, which lists what there is.
  public static func named(_ name: String) throws(StoreError) -> Setting {
    guard let setting = all.first(where: { $0.name.lowercased() == name.lowercased() }) else {
      throw .badSetting(
        name, reason: "there is none of that name: \(all.map(\.name).joined(separator: ", "))")
    }
    return setting
  }

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

  /// What a setting is set to; nil where it is not set. HEAD always is.
  public func value(of setting: Setting) -> String? { values[setting] }

  /// What holds for a setting: what it is set to, else what is usual.
  public subscript(_ setting: Setting) -> String { values[setting] ?? setting.standard }

  /// Whether a setting of the kind `flag` is on.
  public func isOn(_ setting: Setting) -> Bool { self[setting] == "true" }
}
