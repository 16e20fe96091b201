/// The rules for names of branches: the part of a ref's name after `refs/heads/`.
///
/// Source: https://git-scm.com/docs/git-check-ref-format, `--branch`
public enum BranchName {
  /// The rule that a name breaks, as the end of a sentence that starts with the name; nil when the
  /// name may be used. O(length).
  public static func problem(_ name: [UInt8]) -> String? {
    if name.first == UInt8(ascii: "-") { return "may not start with \"-\"" }
    if name.elementsEqual("HEAD".utf8) { return "may not be \"HEAD\"" }
    return RefName.formProblem(name)
  }

  /// The rule that a name breaks, as the end of a sentence that starts with the name; nil when the
  /// name may be used. O(length).
  public static func problem(_ name: some StringProtocol) -> String? {
    problem(Array(name.utf8))
  }
}
