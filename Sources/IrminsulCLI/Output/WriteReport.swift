import Irminsul

/// What a write did, as `set`, `rm` and `mv` print it.
struct WriteReport: Encodable {
  let branch: String
  let changed: Bool
  /// The head after the write.
  let commit: String?
  let position: Int64?
  let subject: String?

  init(_ result: WriteResult, on branch: Branch) {
    self.branch = branch.name
    commit = result.head?.hex
    switch result {
    case .committed(let made, let place):
      changed = true
      position = place
      subject = made.subject
    case .unchanged:
      changed = false
      position = nil
      subject = nil
    }
  }

  init(_ result: MergeResult, on branch: Branch) {
    switch result {
    case .merged(let commit, let position):
      self.init(WriteResult.committed(commit, position: position), on: branch)
    case .unchanged(let head): self.init(WriteResult.unchanged(head: head), on: branch)
    case .fastForwarded(_, let head): self.init(WriteResult.unchanged(head: head), on: branch)
    }
  }

  func print(_ output: OutputOptions) throws {
    if output.isJSON { return try JSONLine.print(self) }
    let id = commit.map { Style.output(.yellow, String($0.prefix(10))) } ?? "no commit"
    if changed {
      try StandardOutput.line("[\(branch) \(id)] \(subject ?? "")")
    } else {
      try StandardOutput.line("nothing changed: \(branch) stays at \(id)")
    }
  }
}
