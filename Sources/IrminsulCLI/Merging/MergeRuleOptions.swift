import ArgumentParser
import Irminsul

/// How contents that both sides have changed are merged, from the command line.
struct MergeRuleOptions: ParsableArguments {
  @Option(
    name: .customLong("rule"), parsing: .singleValue,
    help: ArgumentHelp(
      "How the values at some paths are merged: bytes (equal or a conflict), text (line by line), json, "
        + "counter, lineset, linelog, register, or those of containers: tally for counters, entries for logs and "
        + "queues. May be given several times; the first that matches counts.",
      valueName: "pattern=type"))
  var rules: [String] = []

  func validate() throws { _ = try Self.rules(rules) }

  /// Text is merged line by line where nothing else is said, as git does.
  static func rules(_ texts: [String]) throws -> MergeRules {
    try MergeRules(texts.map(rule), otherwise: .text)
  }

  private static func rule(_ text: String) throws -> (pattern: PathPattern, merge: ContentMerge) {
    guard let mark = text.lastIndex(of: "="), mark != text.startIndex else {
      throw ValidationError("--rule \"\(text)\" is not PATTERN=TYPE, such as *.json=json")
    }
    let name = text[text.index(after: mark)...].lowercased()
    guard let merge = types[name] else {
      throw ValidationError(
        "--rule \"\(text)\": there is no type \"\(name)\": use "
          + types.keys.sorted().joined(separator: ", "))
    }
    do {
      return (try PathPattern(String(text[..<mark])), merge)
    } catch {
      throw ValidationError("--rule \"\(text)\": \(error)")
    }
  }

  private static let types: [String: ContentMerge] = [
    "bytes": .bytes, "text": .text, "json": .json, "counter": .counter, "lineset": .lineSet,
    "linelog": .lineLog, "register": .register, "tally": .tally, "entries": .entries,
  ]
}
