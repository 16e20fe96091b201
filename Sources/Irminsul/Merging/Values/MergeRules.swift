/// Which merge the contents at each path have: that of the first pattern that matches, so that one store
/// mixes many kinds of values.
public struct MergeRules: Sendable {
  private let rules: [(pattern: PathPattern, merge: ContentMerge)]
  private let otherwise: ContentMerge

  /// - Parameters:
  ///   - rules: Patterns, of which the first that matches counts, with the merge of what they match.
  ///   - otherwise: Where no pattern matches; by default equal or a conflict.
  public init(
    _ rules: [(pattern: PathPattern, merge: ContentMerge)] = [], otherwise: ContentMerge = .bytes
  ) {
    self.rules = rules
    self.otherwise = otherwise
  }

  /// The rules of containers, each for its own path.
  ///
  /// ```swift
  /// let rules = MergeRules(of: visits, jobs, otherwise: .text)
  /// try await main.merge(draft, nil, MergeOptions(rules: rules))
  /// ```
  public init(of containers: any Container..., otherwise: ContentMerge = .bytes) {
    self.init(containers.flatMap(\.mergeRules), otherwise: otherwise)
  }

  /// Rules with their patterns as text.
  ///
  /// ```swift
  /// let rules = try MergeRules(["*.json": .json, "visits/**": .counter], otherwise: .text)
  /// ```
  public init(
    _ rules: KeyValuePairs<String, ContentMerge>, otherwise: ContentMerge = .bytes
  ) throws(PathPattern.Malformed) {
    var parsed: [(pattern: PathPattern, merge: ContentMerge)] = []
    for (text, merge) in rules { parsed.append((try PathPattern(text), merge)) }
    self.init(parsed, otherwise: otherwise)
  }

  /// The merge of what is at a path.
  public func merge(at path: Path) -> ContentMerge {
    rules.first { $0.pattern.matches(path) }?.merge ?? otherwise
  }
}
