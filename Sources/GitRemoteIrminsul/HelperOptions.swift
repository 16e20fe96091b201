import Foundation
import Irminsul

/// What git has asked for with `option`.
struct HelperOptions {
  private(set) var verbosity = 1
  private(set) var showsProgress = false
  private(set) var isDryRun = false
  private(set) var isAtomic = false
  private(set) var isRefetch = false
  /// Whether annotated tags are to come with what they are of.
  private(set) var followsTags = false
  private(set) var checksConnectivity = false
  private(set) var wantsObjectFormat = false
  private(set) var depth: Int?
  /// Whether what a shallow repository lacks is to be fetched.
  private(set) var isUnshallow = false
  /// Where refs must be for a push with a lease, by full name; the zero id is not kept: absent.
  private(set) var leases: [String: ObjectID] = [:]
  private(set) var rebases = false
  /// Something that a fetch would need and that there is not.
  private(set) var fetchRefusal: String?

  /// Takes `NAME VALUE`, and says what git is answered: `ok`, `unsupported`, or `error` and why.
  mutating func set(_ text: String) -> String {
    let words = text.split(separator: " ", maxSplits: 1).map(String.init)
    guard let name = words.first else { return "error an option without a name" }
    let value = words.count > 1 ? words[1] : "true"
    let flag = value == "true"
    switch name {
    case "verbosity":
      guard let number = Int(value) else { return "error verbosity is a number" }
      verbosity = number
      if number < 1 { showsProgress = false }
    case "progress": showsProgress = flag && verbosity > 0
    case "dry-run": isDryRun = flag
    case "atomic": isAtomic = flag
    case "refetch": isRefetch = flag
    case "followtags": followsTags = flag
    case "check-connectivity": checksConnectivity = flag
    case "object-format":
      guard flag || value == "sha1" || value == "sha256" else { return "unsupported" }
      wantsObjectFormat = flag
    case "depth":
      guard let number = Int(value), number >= 0 else { return "error depth is a number" }
      // git says so for a history without an end, and 0 for one that stays as it is.
      isUnshallow = number == Int(Int32.max)
      depth = isUnshallow || number == 0 ? nil : number
    case "cas":
      guard let colon = value.lastIndex(of: ":"),
        let id = ObjectID(hex: value[value.index(after: colon)...])
      else { return "error a lease is a ref and an id" }
      if !id.isZero { leases[String(value[..<colon])] = id }
    case "push-option":
      // git quotes a value with odd characters in it.
      guard value.trimmingCharacters(in: ["\""]) == "rebase=server" else {
        // git ends with words of its own, which do not say what there is.
        StandardError.line("error: there is no push option \(value): use rebase=server")
        return "unsupported"
      }
      rebases = true
    case "deepen-relative" where !flag: break
    case "deepen-since", "deepen-not", "deepen-relative":
      return refuse("--shallow-since, --shallow-exclude and --deepen are not offered: use --depth")
    case "filter": return refuse("partial clones (--filter) are not offered: use --depth")
    default: return "unsupported"
    }
    return "ok"
  }

  private mutating func refuse(_ reason: String) -> String {
    fetchRefusal = reason
    return "error \(reason)"
  }
}
