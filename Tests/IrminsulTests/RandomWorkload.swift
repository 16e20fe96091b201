import GitObjects
import Irminsul
import IrminsulTestKit

/// Random edits that meet at the corners: names at the edges of Git's order, blobs in the way of
/// directories, ids that look like entries, tests that hold and tests that do not.
struct RandomWorkload {
  typealias Generator = SeededNumbers

  // `a` as a directory stands after `a-` and `a.`; a name may itself look like an entry.
  private static let names = [
    "a", "a-", "a.", "a0", "b", "ab", "\u{E9}", "z z", "A", "0", "100644 a", "40000 b", " a", "g",
    ".x", "git",
  ]
  private var random: Generator
  /// What was somewhere, some edits ago.
  private var known: [(path: Path, entry: Entry)] = []

  init(seed: UInt64) { random = Generator(state: seed) }

  mutating func notice(_ entries: [(Path, Entry)]) { known = entries }

  /// The edits of one commit.
  mutating func edits() throws -> [BranchEdit] {
    var edits: [BranchEdit] = []
    for _ in 0..<Int.random(in: 1...6, using: &random) { edits.append(try edit()) }
    return edits
  }

  private mutating func edit() throws -> BranchEdit {
    let path = path()
    var edit: BranchEdit
    switch Int.random(in: 0..<18, using: &random) {
    case 0...2: edit = .remove(path)
    case 3: edit = .increment(counter(), by: Int64.random(in: -3...3, using: &random))
    case 4: edit = .increment(path)
    case 5: edit = try .insert("set", "\(UInt8.random(in: 0...12, using: &random))")
    case 6: edit = try .discard("set", "\(UInt8.random(in: 0...12, using: &random))")
    case 7: edit = try .append(Bool.random(using: &random) ? "log" : path, "line")
    case 8:
      edit = try .assign(
        "register", to: "\(UInt8.random(in: 0...9, using: &random))",
        milliseconds: Int64.random(in: 0...99, using: &random))
    case 10:
      edit = .tally(
        Bool.random(using: &random) ? counter() : path,
        by: Int64.random(in: -3...3, using: &random),
        mark: String(repeating: "0", count: 15) + "\(Int.random(in: 0...9, using: &random))")
    case 11:
      edit = try .stamp(
        "register", to: "\(UInt8.random(in: 0...9, using: &random))",
        milliseconds: Int64.random(in: 0...99, using: &random))
    case 12:
      edit = .extend(
        chunk(), limit: 9, by: Array(Bool.random(using: &random) ? "one\n".utf8 : "2\n3\n".utf8))
    case 13: edit = .shift(chunk(), by: Int.random(in: 1...3, using: &random))
    case 9: edit = .setEntry(path, Entry(mode: .submodule, id: adversarialID()))
    default:
      edit = try .set(
        path, "\(UInt8.random(in: 0...20, using: &random))",
        mode: Bool.random(using: &random) ? .blob : .executable)
    }
    guard Int.random(in: 0..<5, using: &random) == 0 else { return edit }
    // A test: of what was there lately, or of nothing.
    if let (path, entry) = known.randomElement(using: &random), Bool.random(using: &random) {
      return .check(path, holds: entry)
    }
    return edit.expecting(nil)
  }

  private mutating func path() -> Path {
    let depth = Int.random(in: 1...3, using: &random)
    return Path(steps: (0..<depth).map { _ in Self.names.randomElement(using: &random) ?? "a" })
  }

  private mutating func counter() -> Path {
    Path("counters/\(UInt8.random(in: 0...3, using: &random))")
  }

  private mutating func chunk() -> Path {
    Path("chunks/\(UInt8.random(in: 0...2, using: &random))")
  }

  /// Twenty bytes in which an entry seems to begin.
  private mutating func adversarialID() -> ObjectID {
    let name = Self.names.randomElement(using: &random) ?? "a"
    var bytes: [UInt8] = []
    while bytes.count < 20 {
      if Bool.random(using: &random) { bytes.append(0) }
      bytes += "\(Bool.random(using: &random) ? "100644" : "40000") \(name)".utf8
      bytes.append(0)
    }
    return ObjectID(bytes: bytes.prefix(20)) ?? .zero(.sha1)
  }
}
