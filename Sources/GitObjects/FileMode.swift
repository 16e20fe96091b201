/// What a tree entry is: the number that Git writes in octal before the name.
///
/// Any number can be read; ``canonical`` is what Git takes it for.
public struct FileMode: RawRepresentable, Sendable, Hashable {
  public let rawValue: UInt32

  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// 100644: a plain file.
  public static let blob = FileMode(rawValue: 0o100644)
  /// 100755: a file that can be run.
  public static let executable = FileMode(rawValue: 0o100755)
  /// 100664: a plain file, as the first versions of Git wrote some.
  public static let groupWritable = FileMode(rawValue: 0o100664)
  /// 120000: a symbolic link; its blob is the target.
  public static let symbolicLink = FileMode(rawValue: 0o120000)
  /// 40000: a directory.
  public static let tree = FileMode(rawValue: 0o040000)
  /// 160000: a commit of another repository.
  public static let submodule = FileMode(rawValue: 0o160000)

  private var fileType: UInt32 { rawValue & 0o170000 }

  /// Whether the entry is a directory. Trees sort as if their name ended with "/".
  public var isTree: Bool { fileType == 0o040000 }

  /// Whether the entry is a commit of another repository, which this one does not hold.
  public var isSubmodule: Bool { canonical == .submodule }

  /// Whether the entry is a symbolic link.
  public var isSymbolicLink: Bool { fileType == 0o120000 }

  /// The mode that Git works with when it reads this one: one of 100644, 100755, 120000, 40000 and
  /// 160000, the last of which stands for everything else too.
  ///
  /// Source: `canon_mode` in Git's cache.h.
  public var canonical: FileMode {
    switch fileType {
    case 0o100000: rawValue & 0o100 != 0 ? .executable : .blob
    case 0o120000: .symbolicLink
    case 0o040000: .tree
    default: .submodule
    }
  }

  /// The kind of object that the entry's id belongs to.
  public var objectKind: ObjectKind {
    switch fileType {
    case 0o100000, 0o120000: .blob
    case 0o040000: .tree
    default: .commit
    }
  }
}

extension FileMode: CustomStringConvertible {
  /// The mode as Git stores it: octal, not padded, `40000` for a tree.
  public var description: String { String(rawValue, radix: 8) }
}
