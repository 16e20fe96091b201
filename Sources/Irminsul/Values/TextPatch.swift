import RedisScripting

/// What changed between two texts, as hunks of lines with some unchanged ones around them.
///
/// ```swift
/// let patch = TextPatch(from: Bytes("a\nb\n".utf8), to: Bytes("a\nc\n".utf8))
/// print(String(decoding: patch.bytes, as: UTF8.self))
/// // @@ -1,2 +1,2 @@
/// //  a
/// // -b
/// // +c
/// ```
///
/// Its hunks are those of `git diff`, and so is its text, below the header of a file.
public struct TextPatch: Sendable, Hashable {
  public struct Line: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
      case kept
      case removed
      case added
    }

    public let kind: Kind
    /// The line with its end, if it has one.
    public let bytes: Bytes
  }

  public struct Hunk: Sendable, Hashable {
    /// Its lines in the old text, from 0.
    public let old: Range<Int>
    /// Its lines in the new text, from 0.
    public let new: Range<Int>
    /// The last line before it that begins with a letter, `_` or `$`, at most 80 bytes of it: mostly the name of what
    /// is changed. Empty when there is none.
    public let heading: Bytes
    public let lines: [Line]
  }

  public let hunks: [Hunk]

  /// Compares two texts. Near linear in their lines, and in memory.
  ///
  /// - Parameters:
  ///   - old: The text before.
  ///   - new: The text after.
  ///   - context: How many unchanged lines to keep around each change.
  public init(from old: Bytes, to new: Bytes, context: Int = 3) {
    var known: [ArraySlice<UInt8>: Int] = [:]
    let (old, new) = (TextLines(old, &known), TextLines(new, &known))
    let context = max(0, context)
    var hunks: [Hunk] = []
    var heading: Bytes = []
    var searched = -1
    for group in Self.groups(LineDiff.hunks(old, new), context) {
      guard let first = group.first, let last = group.last else { continue }
      let before = min(context, first.old.lowerBound, first.new.lowerBound)
      let after = min(
        context, old.lines.count - last.old.upperBound, new.lines.count - last.new.upperBound)
      let start = first.old.lowerBound - before
      // Of the lines that no hunk before it has looked at; else its heading stays.
      for place in stride(from: start - 1, to: searched, by: -1) {
        guard let found = Self.heading(old.lines[place]) else { continue }
        heading = found
        break
      }
      searched = start - 1
      var lines: [Line] = []
      var place = start
      func keep(to end: Int) {
        lines += old.lines[place..<end].map { Line(kind: .kept, bytes: Bytes($0)) }
      }
      for change in group {
        keep(to: change.old.lowerBound)
        lines += old.lines[change.old].map { Line(kind: .removed, bytes: Bytes($0)) }
        lines += new.lines[change.new].map { Line(kind: .added, bytes: Bytes($0)) }
        place = change.old.upperBound
      }
      keep(to: place + after)
      hunks.append(
        Hunk(
          old: start..<last.old.upperBound + after,
          new: first.new.lowerBound - before..<last.new.upperBound + after, heading: heading,
          lines: lines))
    }
    self.hunks = hunks
  }

  /// Whether the texts are equal.
  public var isEmpty: Bool { hunks.isEmpty }

  /// As `git diff` prints it, without the header of a file.
  public var bytes: Bytes {
    var bytes: Bytes = []
    for hunk in hunks {
      bytes += "@@ -\(Self.place(hunk.old)) +\(Self.place(hunk.new)) @@".utf8
      if !hunk.heading.isEmpty { bytes += [UInt8(ascii: " ")] + hunk.heading }
      bytes.append(UInt8(ascii: "\n"))
      for line in hunk.lines {
        switch line.kind {
        case .kept: bytes.append(UInt8(ascii: " "))
        case .removed: bytes.append(UInt8(ascii: "-"))
        case .added: bytes.append(UInt8(ascii: "+"))
        }
        bytes += line.bytes
        if line.bytes.last != UInt8(ascii: "\n") {
          bytes += "\n\\ No newline at end of file\n".utf8
        }
      }
    }
    return bytes
  }

  /// Whether bytes are no text for Git: there is a zero among the first 8000.
  public static func isBinary(_ bytes: some Sequence<UInt8>) -> Bool {
    bytes.prefix(8000).contains(0)
  }

  /// Changes with no more than twice the context between them are shown together.
  private static func groups(_ changes: [LineDiff.Hunk], _ context: Int) -> [[LineDiff.Hunk]] {
    var groups: [[LineDiff.Hunk]] = []
    for change in changes {
      if let last = groups.last?.last,
        change.old.lowerBound - last.old.upperBound <= 2 * context
      {
        groups[groups.count - 1].append(change)
      } else {
        groups.append([change])
      }
    }
    return groups
  }

  /// As a hunk's first line has it: from 1, or the line before it when there is none.
  private static func place(_ lines: Range<Int>) -> String {
    switch lines.count {
    case 0: "\(lines.lowerBound),0"
    case 1: "\(lines.lowerBound + 1)"
    default: "\(lines.lowerBound + 1),\(lines.count)"
    }
  }

  private static func heading(_ line: ArraySlice<UInt8>) -> Bytes? {
    guard let first = line.first else { return nil }
    switch first {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "_"), UInt8(ascii: "$"):
      var heading = line.prefix(80)
      while let last = heading.last, [0x20, 0x09, 0x0A, 0x0D].contains(last) {
        heading.removeLast()
      }
      return Bytes(heading)
    default: return nil
    }
  }
}
