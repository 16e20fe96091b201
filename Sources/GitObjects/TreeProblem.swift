/// A rule that a tree breaks although Git can read it.
///
/// Source: https://git-scm.com/docs/git-fsck, whose message ids are ``fsckID``.
public enum TreeProblem: Sendable, Hashable {
  /// A name that may not be written.
  case name([UInt8], EntryName.Problem)
  /// Two entries have this name.
  case duplicateName([UInt8])
  /// This entry should stand before the one in front of it.
  case misordered([UInt8])
  /// Zeros stand before the mode of this entry.
  case paddedMode([UInt8])
  /// The mode is none that Git writes.
  case unknownMode([UInt8], FileMode)
  /// The id of this entry is all zeros.
  case zeroID([UInt8])
  /// This name, which means `.gitmodules`, is a symbolic link.
  case symbolicGitmodules([UInt8])

  /// The name that `git fsck` has for the problem.
  public var fsckID: String {
    switch self {
    case .name(_, .empty): "emptyName"
    case .name(_, .slash), .name(_, .nul): "fullPathname"
    case .name(_, .dot): "hasDot"
    case .name(_, .dotDot): "hasDotdot"
    case .name(_, .dotGit), .name(_, .dotGitLookalike): "hasDotgit"
    case .duplicateName: "duplicateEntries"
    case .misordered: "treeNotSorted"
    case .paddedMode: "zeroPaddedFilemode"
    case .unknownMode: "badFilemode"
    case .zeroID: "nullSha1"
    case .symbolicGitmodules: "gitmodulesSymlink"
    }
  }
}

extension TreeProblem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .name(let name, let problem): "the name \"\(printable(name))\" is not allowed: \(problem)"
    case .duplicateName(let name): "two entries are named \"\(printable(name))\""
    case .misordered(let name): "\"\(printable(name))\" is not in its place"
    case .paddedMode(let name): "the mode of \"\(printable(name))\" has zeros before it"
    case .unknownMode(let name, let mode): "\"\(printable(name))\" has the unknown mode \(mode)"
    case .zeroID(let name): "the id of \"\(printable(name))\" is all zeros"
    case .symbolicGitmodules(let name): "\"\(printable(name))\" is a symbolic link"
    }
  }
}

extension TreeObject {
  /// What `git fsck --strict` would find wrong with the tree, in the order of the entries; computed
  /// at each call. O(n log n).
  public var problems: [TreeProblem] {
    var problems: [TreeProblem] = []
    var previous: TreeEntry?
    for entry in entries {
      let name = entry.name
      if let problem = EntryName.check(name) { problems.append(.name(name, problem)) }
      if let previous, TreeOrder.compare(previous, entry) > 0 { problems.append(.misordered(name)) }
      if entry.hasPaddedMode { problems.append(.paddedMode(name)) }
      // 100664 is read as 100644 and tolerated by no strict check.
      if entry.mode != entry.mode.canonical { problems.append(.unknownMode(name, entry.mode)) }
      if entry.id.isZero { problems.append(.zeroID(name)) }
      if entry.mode.isSymbolicLink, Self.meansGitmodules(name) {
        problems.append(.symbolicGitmodules(name))
      }
      previous = entry
    }
    problems += Self.duplicates(inSorted: sortedEntries).map { .duplicateName($0) }
    return problems
  }

  private static func meansGitmodules(_ name: [UInt8]) -> Bool {
    name.withUnsafeBufferPointer { name in
      if ProtectedName.isGitmodulesOnHFS(name) || ProtectedName.isGitmodulesOnNTFS(name, at: 0) {
        return true
      }
      return name.indices.contains {
        name[$0] == UInt8(ascii: "\\") && ProtectedName.isGitmodulesOnNTFS(name, at: $0 + 1)
      }
    }
  }
}
