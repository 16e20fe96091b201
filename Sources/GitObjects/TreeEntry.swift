/// One line of a tree object: a name, what it is, and the id of the object.
public struct TreeEntry: Sendable, Hashable {
  /// Any bytes but "/" and NUL; see ``EntryName`` for what else is not allowed.
  public let name: [UInt8]
  /// What the entry is.
  public let mode: FileMode
  /// The blob, tree or submodule commit.
  public let id: ObjectID
  /// Zeros before the mode's digits, as some old tools wrote; kept so that the bytes stay the same.
  let modePadding: Int

  /// An entry. The name is checked when the entry is put into a tree.
  public init(name: [UInt8], mode: FileMode, id: ObjectID) {
    self.init(name: name, mode: mode, id: id, modePadding: 0)
  }

  /// An entry with a UTF-8 name. The name is checked when the entry is put into a tree.
  public init(name: String, mode: FileMode, id: ObjectID) {
    self.init(name: Array(name.utf8), mode: mode, id: id, modePadding: 0)
  }

  init(name: [UInt8], mode: FileMode, id: ObjectID, modePadding: Int) {
    self.name = name
    self.mode = mode
    self.id = id
    self.modePadding = modePadding
  }

  /// The name as text, with U+FFFD for bytes that are not UTF-8.
  public var nameText: String { String(decoding: name, as: UTF8.self) }

  /// Whether the mode was read with zeros before it, as in `040000`.
  public var hasPaddedMode: Bool { modePadding > 0 }
}
