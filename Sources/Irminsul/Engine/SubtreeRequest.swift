import GitObjects
import RedisScripting

/// A request whose edits are too many, or touch too much, for the server, in a form that it takes: the
/// subtrees that they have changed, as entries, each with the test that the old one is there. The
/// server rebases it as any other.
struct SubtreeRequest {
  /// How many steps down from the root the subtrees are, at most.
  let depth: Int
  private(set) var request: CommitRequest
  /// What the new subtrees are made of; to be stored before the request is made.
  private(set) var new: [IdentifiedObject] = []

  /// Subtrees of one request: the fewer, the more of others' commits disturb it; the more, the more
  /// directories the server touches.
  private static let limit = 256

  init(depth: Int, key: RequestKey?) {
    self.depth = depth
    request = CommitRequest(branches: [])
    request.key = key
    request.key?.isFollowed = true
  }

  /// The paths whose entries stand for all that each branch's edits change, as deep down as they are
  /// not too many; nil when only whole trees would do.
  static func places(
    in branches: [BranchRequest], depth limit: Int
  ) -> (depth: Int, paths: [[Path]])? {
    let acting = branches.map { $0.edits.filter { !$0.isCheck }.map(\.path) }
    var depth = min(limit, acting.joined().map(\.steps.count).max() ?? 0)
    while depth > 0 {
      let paths = acting.compactMap { tops(of: $0, depth: depth) }
      let count = paths.reduce(0) { $0 + $1.count }
      if paths.count == acting.count, count <= Self.limit {
        let checks = zip(branches, paths).reduce(0) { $0 + uncovered($1.0, $1.1).count }
        if count + checks <= ScriptedEngine.Limits.serverEdits {
          return paths.joined().contains(.root) ? nil : (depth, paths)
        }
      }
      depth -= 1
    }
    return nil
  }

  /// The starts of some paths, so long at most, without those that lie below another; nil when they
  /// are too many.
  private static func tops(of paths: [Path], depth: Int) -> [Path]? {
    var starts: Set<Path> = []
    for path in paths {
      starts.insert(Path(steps: Array(path.steps.prefix(depth))))
      if starts.count > limit { return nil }
    }
    var tops: [Path] = []
    for path in starts.sorted() {
      if let last = tops.last, path.starts(with: last) { continue }
      tops.append(path)
    }
    return tops
  }

  /// The checks of a branch that the tests of the subtrees do not imply.
  private static func uncovered(_ branch: BranchRequest, _ places: [Path]) -> [PathEdit] {
    let places = Set(places.map(\.steps))
    return branch.edits.filter { edit in
      edit.isCheck
        && !(0...edit.path.steps.count).contains {
          places.contains(Array(edit.path.steps.prefix($0)))
        }
    }
  }

  private static func blob(above path: Path, in tree: Tree) async throws -> Path? {
    for count in 1..<max(1, path.steps.count) {
      let start = Path(steps: Array(path.steps.prefix(count)))
      guard let entry = try await tree.entry(start) else { return nil }
      if !entry.mode.isTree { return start }
    }
    return nil
  }

  /// Adds a branch, of which the trees before and after the edits are known.
  mutating func append(
    _ branch: BranchRequest, _ places: [Path], before: Tree, after: Tree
  ) async throws {
    var part = branch
    part.edits = Self.uncovered(branch, places)
    var tops: [Path] = []
    for path in places {
      // Where a blob stands in the way it is what changes, also if nothing is left below it.
      let top = try await Self.blob(above: path, in: before) ?? path
      if !tops.contains(top) { tops.append(top) }
    }
    for path in tops {
      let entry = try await after.writeEntry(path, into: &new)
      part.edits.append(
        PathEdit(
          path: path, expectation: .exactly(try await before.entry(path)),
          action: entry.map { .entry($0) } ?? .remove))
    }
    request.branches.append(part)
  }
}

extension PathEdit {
  fileprivate var isCheck: Bool { if case .check = action { true } else { false } }
}
