import GitObjects

/// What becomes of a path at which no version has a directory: the rule of the three-way merge, without
/// any reading.
enum FileMerge: Equatable {
  /// It stays as ours has it.
  case ours
  /// It becomes what theirs has; nil: nothing.
  case theirs(Entry?)
  /// The bytes are the same, the mode is theirs.
  case mode(Entry)
  /// Both sides have changed the bytes: their type's merge decides. The mode is settled.
  case content(FileMode)
  case conflict(MergeConflict.Reason)

  static func decide(base: Entry?, ours: Entry?, theirs: Entry?) -> FileMerge {
    if ours == theirs || base == theirs { return .ours }
    if base == ours { return .theirs(theirs) }
    guard let ours else { return .conflict(.removedByOurs) }
    guard let theirs else { return .conflict(.removedByTheirs) }
    let areFiles = isRegular(ours) && isRegular(theirs)
    guard areFiles || ours.mode.canonical == theirs.mode.canonical else {
      return .conflict(.kind)
    }
    // The bytes of a link and of a file that it was before are the same kind of object.
    guard let mode = merged(base?.mode, ours.mode, theirs.mode) else { return .conflict(.mode) }
    if ours.id == theirs.id || base?.id == theirs.id {
      return mode == ours.mode ? .ours : .mode(Entry(mode: mode, id: ours.id))
    }
    if base?.id == ours.id { return .theirs(Entry(mode: mode, id: theirs.id)) }
    // Links and submodules are whole or nothing.
    return areFiles
      ? .content(mode)
      : .conflict(.content("a \(ours.mode.noun) is whole or nothing"))
  }

  /// A file, not a symbolic link or a submodule.
  static func isRegular(_ entry: Entry) -> Bool {
    entry.mode.objectKind == .blob && entry.mode.canonical != .symbolicLink
  }

  /// nil when each side has changed it in another way.
  private static func merged(_ base: FileMode?, _ ours: FileMode, _ theirs: FileMode) -> FileMode? {
    if ours == theirs || base == theirs { return ours }
    if base == ours { return theirs }
    return nil
  }
}

extension FileMode {
  fileprivate var noun: String {
    switch canonical {
    case .symbolicLink: "symbolic link"
    case .submodule: "submodule"
    case .tree: "directory"
    default: "file"
    }
  }
}
