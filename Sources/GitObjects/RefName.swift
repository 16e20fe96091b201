/// The rules for full names of refs, such as `refs/heads/main`.
///
/// Source: https://git-scm.com/docs/git-check-ref-format
public enum RefName {
  /// The rule that a name breaks, as the end of a sentence that starts with the name; nil when the
  /// name may be used. O(length).
  public static func problem(_ name: [UInt8]) -> String? {
    if name == [UInt8(ascii: "@")] { return "may not be just \"@\"" }
    if !name.contains(UInt8(ascii: "/")) { return "must have a \"/\", as in \"refs/heads/main\"" }
    return formProblem(name)
  }

  /// The rule that a name breaks, as the end of a sentence that starts with the name; nil when the
  /// name may be used. O(length).
  public static func problem(_ name: some StringProtocol) -> String? {
    problem(Array(name.utf8))
  }

  /// The rules that hold for every part of a name.
  static func formProblem(_ name: [UInt8]) -> String? {
    let (slash, dot) = (UInt8(ascii: "/"), UInt8(ascii: "."))
    guard let last = name.last else { return "may not be empty" }
    if name.first == slash { return "may not start with \"/\"" }
    if last == slash { return "may not end with \"/\"" }
    var previous = slash
    for byte in name {
      switch byte {
      case 0..<0x20, 0x7F: return "may not have a control character"
      case 0x20: return "may not have a space"
      case UInt8(ascii: "~"), UInt8(ascii: "^"), UInt8(ascii: ":"), UInt8(ascii: "?"),
        UInt8(ascii: "*"), UInt8(ascii: "["), UInt8(ascii: "\\"):
        return "may not have a \"\(Character(Unicode.Scalar(byte)))\""
      case slash where previous == slash: return "may not have \"//\""
      case dot where previous == dot: return "may not have \"..\""
      case dot where previous == slash: return "may not have a part that starts with \".\""
      case UInt8(ascii: "{") where previous == UInt8(ascii: "@"): return "may not have \"@{\""
      default: break
      }
      previous = byte
    }
    if last == dot { return "may not end with \".\"" }
    let lock = Array(".lock".utf8)
    for part in name.split(separator: slash) where part.suffix(lock.count).elementsEqual(lock) {
      return "may not have a part that ends with \".lock\""
    }
    return nil
  }
}
