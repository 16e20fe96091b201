import GitObjects
import RedisScripting

/// What changed at one path, so that `git apply` can make the same change elsewhere.
///
/// ```swift
/// let changes = try await before.diff(to: after)
/// for patch in try await repository.patches(of: changes) { file.write(patch.bytes) }
/// ```
public struct FilePatch: Sendable {
  public enum Content: Sendable {
    /// Only the mode differs, or a value without a byte comes or goes.
    case same
    /// One of the values is no text.
    case binary
    case text(TextPatch)
  }

  /// A value that becomes another one, comes or goes.
  public struct Part: Sendable {
    public let old: Entry?
    public let new: Entry?
    public let content: Content
    /// Bytes of the values; nil where there is none, or both are the same.
    public let oldSize: Int?
    public let newSize: Int?
  }

  public let path: Path
  /// One, or two where a value becomes one of another type: as in Git the old one goes and the new one comes.
  public let parts: [Part]

  /// As `git diff` prints it, with ten digits of ids; names are quoted as it quotes them, with all bytes from 0x80 on as numbers.
  public var bytes: Bytes { parts.flatMap(bytes) }

  init(
    _ change: TreeChange, context: Int, content: (Entry) throws(StoreError) -> Bytes
  ) throws(StoreError) {
    path = change.path
    let (old, new) = change.entries
    func part(_ old: Entry?, _ new: Entry?) throws(StoreError) -> Part {
      if old?.id == new?.id {
        return Part(old: old, new: new, content: .same, oldSize: nil, newSize: nil)
      }
      var (before, after): (Bytes, Bytes) = ([], [])
      if let old { before = try content(old) }
      if let new { after = try content(new) }
      var content = Content.binary
      if !TextPatch.isBinary(before), !TextPatch.isBinary(after) {
        let patch = TextPatch(from: before, to: after, context: context)
        content = patch.isEmpty ? .same : .text(patch)
      }
      return Part(
        old: old, new: new, content: content, oldSize: old.map { _ in before.count },
        newSize: new.map { _ in after.count })
    }
    if let old, let new, !old.mode.isSameType(as: new.mode) {
      parts = [try part(old, nil), try part(nil, new)]
    } else {
      parts = [try part(old, new)]
    }
  }

  private func bytes(_ part: Part) -> Bytes {
    let before = QuotedName.bytes(Array("a/".utf8) + path.bytes, .quoted)
    let after = QuotedName.bytes(Array("b/".utf8) + path.bytes, .quoted)
    let (oldMode, newMode) = (part.old?.mode.canonical, part.new?.mode.canonical)
    var mode = ""
    var head: Bytes = []
    func line(_ parts: any Sequence<UInt8>...) {
      for part in parts { head += Array(part) }
      head.append(UInt8(ascii: "\n"))
    }
    line("diff --git ".utf8, before, " ".utf8, after)
    switch (oldMode, newMode) {
    case (let old?, let new?) where old == new:
      if part.old?.id == part.new?.id { return [] }
      mode = " \(new.sixDigits)"
    case (let old?, let new?): line("old mode \(old.sixDigits)\nnew mode \(new.sixDigits)".utf8)
    case (let old?, nil): line("deleted file mode \(old.sixDigits)".utf8)
    case (nil, let new?): line("new file mode \(new.sixDigits)".utf8)
    case (nil, nil): return []
    }
    if part.old?.id != part.new?.id {
      line("index \(Self.short(part.old))..\(Self.short(part.new))\(mode)".utf8)
    }
    let nothing = Array("/dev/null".utf8)
    let labels = [part.old == nil ? nothing : before, part.new == nil ? nothing : after]
    switch part.content {
    case .same: return head
    case .binary:
      line("Binary files ".utf8, labels[0], " and ".utf8, labels[1], " differ".utf8)
      return head
    case .text(let patch):
      // A tab shows where a name with a space ends.
      for (mark, label) in zip(["--- ", "+++ "], labels) {
        line(mark.utf8, label, (label.contains(UInt8(ascii: " ")) ? "\t" : "").utf8)
      }
      return head + patch.bytes
    }
  }

  private static func short(_ entry: Entry?) -> String {
    entry.map { String($0.id.hex.prefix(10)) } ?? String(repeating: "0", count: 10)
  }
}

extension TreeChange {
  /// What was there and what is there.
  var entries: (old: Entry?, new: Entry?) {
    switch self {
    case .added(_, let new): (nil, new)
    case .removed(_, let old): (old, nil)
    case .updated(_, let old, let new): (old, new)
    }
  }
}

extension FileMode {
  /// As `git ls-tree` prints it, with zeros before it.
  public var sixDigits: String {
    String(repeating: "0", count: max(0, 6 - description.count)) + description
  }

  /// Whether both are files, links, directories or submodules; a file may be executable or not.
  fileprivate func isSameType(as other: FileMode) -> Bool {
    let files: [FileMode] = [.blob, .executable]
    let (own, other) = (canonical, other.canonical)
    return own == other || (files.contains(own) && files.contains(other))
  }
}

extension Repository {
  /// What changes of ``Tree/diff(to:)`` look like line by line, in their order. All values are read in one round trip and held in
  /// memory: give large differences part by part.
  ///
  /// - Parameters:
  ///   - changes: As ``Tree/diff(to:)`` gives them.
  ///   - context: How many unchanged lines to keep around each change.
  /// - Throws: ``StoreError/missingObject(_:in:)``.
  ///
  /// Source: `git diff --no-renames`.
  public func patches(
    of changes: some Sequence<TreeChange>, context: Int = 3
  ) async throws -> [FilePatch] {
    let changes = Array(changes)
    var wanted: Set<ObjectID> = []
    for change in changes {
      let (old, new) = change.entries
      if old?.id == new?.id { continue }
      for entry in [old, new] {
        if let entry, !entry.mode.isSubmodule { wanted.insert(entry.id) }
      }
    }
    let ids = Array(wanted)
    let values = Dictionary(
      uniqueKeysWithValues: zip(ids, try await objects.read(ids).map { Bytes($0.content) }))
    return try changes.map { change in
      try FilePatch(change, context: context) { entry throws(StoreError) in
        if entry.mode.isSubmodule { return Bytes("Subproject commit \(entry.id.hex)\n".utf8) }
        guard let value = values[entry.id] else {
          throw StoreError.missingObject(entry.id, in: location)
        }
        return value
      }
    }
  }
}
