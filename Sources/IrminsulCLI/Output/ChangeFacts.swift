import Irminsul

/// A change of a branch as `watch` prints it.
struct ChangeFacts: Encodable {
  struct PathFacts: Encodable {
    let path: String
    let pathBase64: String?
    let change: String
    let old: String?
    let new: String?
    /// The change line by line, where it was asked for.
    var patch: String?
    var patchBase64: String?
    /// Its lines, where they were asked for.
    var insertions: Int?
    var deletions: Int?
    private let bytes: [UInt8]

    private enum CodingKeys: CodingKey {
      case path, pathBase64, change, old, new, patch, patchBase64, insertions, deletions
    }

    init(_ change: TreeChange) {
      bytes = change.path.bytes
      path = change.path.description
      pathBase64 = JSONBytes(bytes).base64
      switch change {
      case .added(_, let entry): (self.change, old, new) = ("added", nil, entry.id.hex)
      case .removed(_, let entry): (self.change, old, new) = ("removed", entry.id.hex, nil)
      case .updated(_, let before, let after):
        (self.change, old, new) = ("updated", before.id.hex, after.id.hex)
      }
    }

    func print(indent: String) throws {
      let mark =
        switch change {
        case "added": Style.output(.green, "A")
        case "removed": Style.output(.red, "D")
        default: Style.output(.cyan, "M")
        }
      try StandardOutput.line("\(indent)\(mark) \(QuotedName.text(bytes))")
    }
  }

  let position: Int64
  let time: String
  let branch: String
  let change: String
  let old: String?
  let new: String?
  let subject: String?
  let changes: [PathFacts]
  let moreChanges: Int?
  /// false where the commits, and so what has changed, are not stored any more.
  private(set) var stored: Bool?

  init(_ change: BranchChange, hasPath: Bool, in repository: Repository) async throws {
    position = change.position
    time = DateText.utc(milliseconds: change.milliseconds)
    branch = change.branch
    let (before, after): (ObjectID?, ObjectID?)
    switch change.kind {
    case .added(let new): (self.change, before, after) = ("added", nil, new)
    case .updated(let old, let new): (self.change, before, after) = ("updated", old, new)
    case .removed(let old): (self.change, before, after) = ("removed", old, nil)
    }
    old = before?.hex
    new = after?.hex
    var subject: String?
    var changes = change.changes
    if !change.isKnown { stored = false }
    do {
      if let after { subject = try await repository.commit(after).subject }
      // A branch that comes or goes is one fact; its whole tree is not news.
      if !hasPath, before != nil, after != nil {
        changes = try await repository.differences(at: .root, from: before, to: after)
      }
    } catch StoreError.missingObject {
      // The log remembers commits that were cut off since; whether something is damaged says verify.
      stored = false
    }
    self.subject = subject
    let limit = hasPath ? changes.count : 100
    self.changes = changes.prefix(limit).map(PathFacts.init)
    moreChanges = changes.count > limit ? changes.count - limit : nil
  }

  /// A line for the change, and one for each path.
  func print() throws {
    func short(_ id: String?) -> String {
      id.map { Style.output(.yellow, String($0.prefix(10))) } ?? "nothing"
    }
    let text =
      switch change {
      case "added": "at \(short(new))"
      case "removed": "removed, was at \(short(old))"
      default: "\(short(old))..\(short(new))"
      }
    try StandardOutput.line(
      "\(position)  \(Style.output(.bold, branch))  \(text)" + (subject.map { "  \($0)" } ?? ""))
    if stored == false {
      try StandardOutput.line("    not stored any more: what changed is not known")
    }
    for path in changes { try path.print(indent: "    ") }
    if let moreChanges {
      try StandardOutput.line("    … and \(NumberText.count(moreChanges)) more")
    }
  }
}
