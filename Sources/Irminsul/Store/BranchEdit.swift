import GitObjects
import RedisScripting

/// One edit of a commit: what to do at a path, and what the writer expects to be there.
public struct BranchEdit: Sendable {
  enum Action: Sendable {
    case check
    case remove
    case blob(FileMode, FramedObject)
    case entry(Entry)
    case tree(Tree)
  }

  let path: Path
  let action: Action
  var expectation: PathEdit.Expectation = .none

  /// Puts a value at a path.
  ///
  /// - Throws: ``StoreError/unencodable(type:reason:)``.
  public static func set(
    _ path: Path, _ value: some Contents, mode: FileMode = .blob
  ) throws -> BranchEdit {
    BranchEdit(path: path, action: .blob(mode, try value.framed()))
  }

  /// Puts an entry that is stored already at a path, such as one found at another path.
  public static func setEntry(_ path: Path, _ entry: Entry) -> BranchEdit {
    BranchEdit(path: path, action: .entry(entry))
  }

  /// Puts a tree at a path.
  public static func setTree(_ path: Path, _ tree: Tree) -> BranchEdit {
    BranchEdit(path: path, action: .tree(tree))
  }

  /// Removes what is at a path.
  public static func remove(_ path: Path) -> BranchEdit {
    BranchEdit(path: path, action: .remove)
  }

  /// Changes nothing, but lets the whole commit fail unless the path holds an entry; nil: nothing.
  public static func check(_ path: Path, holds entry: Entry?) -> BranchEdit {
    BranchEdit(path: path, action: .check, expectation: .exactly(entry))
  }

  /// This edit, for a writer who has seen an entry at the path; nil: nothing was there. If something
  /// else is there at the moment of the commit, the whole commit fails with a conflict.
  public func expecting(_ entry: Entry?) -> BranchEdit {
    var edit = self
    edit.expectation = .exactly(entry)
    return edit
  }
}
