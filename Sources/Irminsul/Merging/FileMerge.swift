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
    guard isRegular(ours), isRegular(theirs) else {
      // Links and submodules are whole or nothing.
      let areAlike = ours.mode.canonical == theirs.mode.canonical
      return .conflict(areAlike ? .content("a \(ours.mode.noun) is whole or nothing") : .kind)
    }
    let old = base.flatMap { isRegular($0) ? $0 : nil }
    guard let mode = merged(old?.mode, ours.mode, theirs.mode) else { return .conflict(.mode) }
    if ours.id == theirs.id || old?.id == theirs.id {
      return mode == ours.mode ? .ours : .mode(Entry(mode: mode, id: ours.id))
    }
    if old?.id == ours.id { return .theirs(Entry(mode: mode, id: theirs.id)) }
    return .content(mode)
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
