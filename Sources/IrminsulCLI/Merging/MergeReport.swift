import Irminsul

/// What a merge did or would do, as `merge` prints it.
struct MergeReport: Encodable {
  let branch: String
  /// `unchanged`, `fastForward`, `merged` or `conflicts`.
  let outcome: String
  let source: String
  let bases: [String]
  /// The head afterwards.
  var commit: String?
  var paths: [String]?
  var conflicts: [ConflictFacts]?
  var dryRun: Bool?

  init(_ merge: BranchMerge, _ outcome: String) {
    branch = merge.branch.name
    self.outcome = outcome
    source = merge.source.hex
    bases = merge.bases.map(\.hex)
  }
}

/// A conflict as `merge` and `conflicts` print it.
struct ConflictFacts: Encodable {
  struct Version: Encodable {
    let mode: String
    let id: String

    init(_ entry: Entry) {
      mode = "\(entry.mode)"
      id = entry.id.hex
    }
  }

  let path: String
  let reason: String
  let base: Version?
  let ours: Version?
  let theirs: Version?

  init(_ conflict: MergeConflict) {
    path = conflict.path.description
    reason = "\(conflict.reason)"
    base = conflict.base.map(Version.init)
    ours = conflict.ours.map(Version.init)
    theirs = conflict.theirs.map(Version.init)
  }

  static func line(_ conflict: MergeConflict) -> String {
    "  \(Style.output(.red, QuotedName.text(conflict.path.bytes)))  \(conflict.reason)"
  }
}
