/// How lines that cannot be merged are kept in a text, both sides with marks around them, for a person to
/// decide.
///
/// ```
/// <<<<<<< ours
/// their common line, as we have changed it
/// =======
/// their common line, as they have
/// >>>>>>> theirs
/// ```
///
/// Source: git-merge-file(1); the styles are those of `merge.conflictStyle`.
public struct ConflictMarks: Sendable, Hashable {
  public enum Style: Sendable, Hashable {
    /// Both sides, less what they have in common.
    case merge
    /// Both sides whole, and the base between them after `|||||||`.
    case diff3
  }

  public var style: Style
  /// What stands behind the marks; nothing when empty.
  public var ours: String
  public var base: String
  public var theirs: String

  public init(
    _ style: Style = .merge, ours: String = "ours", base: String = "base",
    theirs: String = "theirs"
  ) {
    self.style = style
    self.ours = ours
    self.base = base
    self.theirs = theirs
  }
}

/// What becomes of lines that both sides have changed.
public enum TextConflicts: Sendable, Hashable {
  /// The merge is refused.
  case refused
  /// The lines of both sides are kept in the text with marks around them: nothing is refused, but for what
  /// is no text. Which side is which shows.
  case marked(ConflictMarks)
}
