import Irminsul

/// REV:PATH, as an argument has it.
enum RevisionPath {
  /// Divides at the first colon, which no branch's name has; nil when there is none. `:PATH` is
  /// HEAD:PATH.
  static func divide(_ argument: String) -> (revision: String, path: Path)? {
    guard let colon = argument.firstIndex(of: ":") else { return nil }
    let path = Path(
      bytes: ArgumentText.bytes(of: String(argument[argument.index(after: colon)...])))
    return (ArgumentText.shown(String(argument[..<colon])), path)
  }
}
