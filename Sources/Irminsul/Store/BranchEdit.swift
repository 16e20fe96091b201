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
    case value(ValueAction)
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

  /// Adds to the ``Counter`` at a path; nothing there counts as 0. Applied to what is there when the
  /// commit is made: writers of one counter do not conflict. Anything else at the path
  /// is a conflict; a blob above it becomes a directory, as for every write.
  public static func increment(_ path: Path, by amount: Int64 = 1) -> BranchEdit {
    BranchEdit(path: path, action: .value(.increment(amount)))
  }

  /// Adds a line to the ``LineSet`` at a path. Writers of one set do not conflict.
  ///
  /// - Throws: ``StoreError/unencodable(type:reason:)`` for a line that is empty or has a line end or
  ///   a NUL in it.
  public static func insert(_ path: Path, _ line: String) throws -> BranchEdit {
    BranchEdit(path: path, action: .value(.insert(try Bytes(line: line))))
  }

  /// Takes a line from the ``LineSet`` at a path. A set that becomes empty stays, as an empty blob.
  ///
  /// - Throws: As ``insert(_:_:)``.
  public static func discard(_ path: Path, _ line: String) throws -> BranchEdit {
    BranchEdit(path: path, action: .value(.discard(try Bytes(line: line))))
  }

  /// Adds a line to the end of the ``LineLog`` at a path. Writers of one log do not conflict.
  ///
  /// - Throws: As ``insert(_:_:)``.
  public static func append(_ path: Path, _ line: String) throws -> BranchEdit {
    BranchEdit(path: path, action: .value(.append(try Bytes(line: line))))
  }

  /// Sets the ``Register`` at a path, unless it was set at a later time, or at the same one to a value
  /// whose bytes are greater.
  ///
  /// - Parameters:
  ///   - path: Where.
  ///   - value: What it is to hold.
  ///   - milliseconds: Since 1970; nil: now by this machine's clock.
  /// - Throws: ``StoreError/unencodable(type:reason:)``.
  public static func assign(
    _ path: Path, to value: some Contents, milliseconds: Int64? = nil
  ) throws -> BranchEdit {
    let register = try Register(value, milliseconds: milliseconds ?? Timestamp.milliseconds)
    return BranchEdit(
      path: path,
      action: .value(.assign(milliseconds: register.milliseconds, register.bytes)))
  }

  /// Changes nothing, but lets the whole commit fail unless the path holds an entry; nil: nothing.
  public static func check(_ path: Path, holds entry: Entry?) -> BranchEdit {
    BranchEdit(path: path, action: .check, expectation: .exactly(entry))
  }

  static func check(_ path: Path, _ expectation: PathEdit.Expectation) -> BranchEdit {
    BranchEdit(path: path, action: .check, expectation: expectation)
  }

  var isCheck: Bool { if case .check = action { true } else { false } }

  /// Whether nothing of what was there before shows through.
  var isAbsolute: Bool {
    switch action {
    case .remove, .blob, .entry, .tree: true
    case .check, .value: false
    }
  }

  /// Makes this edit in a tree, whatever it expects.
  func apply(to tree: inout Tree) async throws {
    switch action {
    case .check: break
    case .remove: try await tree.remove(path)
    case .blob(let mode, let blob): try await tree.set(path, blob: blob, mode: mode)
    case .entry(let entry): try await tree.set(path, entry)
    case .tree(let subtree): try await tree.set(path, subtree)
    case .value(let change): try await tree.change(path, change)
    }
  }

  /// This edit, for a writer who has seen an entry at the path; nil: nothing was there. If something
  /// else is there at the moment of the commit, the whole commit fails with a conflict.
  public func expecting(_ entry: Entry?) -> BranchEdit {
    var edit = self
    edit.expectation = .exactly(entry)
    return edit
  }
}
