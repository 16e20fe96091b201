/// The rules for names in trees.
///
/// A name is any bytes but "/" and NUL. Not allowed are the names that `git fsck --strict` reports,
/// since a checkout of them could overwrite a repository's own `.git` folder, also on the file
/// systems of macOS and Windows.
///
/// Source: `fsck_tree` in Git's fsck.c, https://git-scm.com/docs/git-fsck
public enum EntryName {
  /// The rule that a name breaks.
  public enum Problem: Sendable, Hashable, CaseIterable {
    case empty
    case slash
    case nul
    case dot
    case dotDot
    /// `.git`, in any case.
    case dotGit
    /// A name that HFS+ or NTFS take for `.git`: `.git.`, `git~1`, `a\.git`, ignorable characters.
    case dotGitLookalike
  }

  /// The rule that a name breaks; nil when it may be written. O(length).
  public static func check(_ name: [UInt8]) -> Problem? {
    name.withUnsafeBufferPointer { check($0) }
  }

  /// The rule that a UTF-8 name breaks; nil when it may be written. O(length).
  public static func check(_ name: some StringProtocol) -> Problem? {
    check(Array(name.utf8))
  }

  static func check(_ name: UnsafeBufferPointer<UInt8>) -> Problem? {
    guard let first = name.first else { return .empty }
    var hasBackslash = false
    for byte in name {
      if byte == UInt8(ascii: "/") { return .slash }
      if byte == 0 { return .nul }
      if byte == UInt8(ascii: "\\") { hasBackslash = true }
    }
    if first == UInt8(ascii: ".") {
      if name.count == 1 { return .dot }
      if name.count == 2, name[1] == first { return .dotDot }
      if name.count == 4, ProtectedName.matches(name, at: 1, ProtectedName.git) { return .dotGit }
    }
    if ProtectedName.isDotGitOnHFS(name) || ProtectedName.isDotGitOnNTFS(name, at: 0) {
      return .dotGitLookalike
    }
    if hasBackslash {
      // Windows takes a backslash for a slash.
      for place in name.indices where name[place] == UInt8(ascii: "\\") {
        if ProtectedName.isDotGitOnNTFS(name, at: place + 1) { return .dotGitLookalike }
      }
    }
    return nil
  }
}

extension EntryName.Problem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .empty: "it is empty"
    case .slash: "it has a slash"
    case .nul: "it has a NUL byte"
    case .dot: "\".\" means the directory itself"
    case .dotDot: "\"..\" means the directory above"
    case .dotGit: "\".git\" is kept for Git's own folder"
    case .dotGitLookalike: "some file systems take it for \".git\", Git's own folder"
    }
  }
}
