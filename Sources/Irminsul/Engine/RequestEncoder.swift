import GitObjects
import RedisScripting

/// Writes a commit request as the arguments of `commit.lua`, whose header describes them.
struct RequestEncoder {
  private let rest: [Bytes]

  private static let anything: Bytes = [UInt8(ascii: "*")]

  init(_ request: CommitRequest) {
    var rest: [Bytes] = []
    let edits = request.branches.reduce(0) { $0 + $1.edits.count }
    rest.reserveCapacity(1 + request.objects.count + 8 * request.branches.count + 5 * edits)
    rest.append(Bytes("\(request.objects.count)".utf8))
    for object in request.objects { rest.append(object.object.bytes) }
    for branch in request.branches { Self.append(branch, to: &rest) }
    self.rest = rest
  }

  func arguments(_ key: RequestKey, isFirst: Bool) -> [Bytes] {
    [key.token.bytes, key.since(isFirst: isFirst)] + rest
  }

  private static func append(_ branch: BranchRequest, to arguments: inout [Bytes]) {
    arguments.append(Bytes(branch.ref.utf8))
    switch branch.head {
    case .any: arguments.append(anything)
    case .exactly(let id): arguments.append(id?.bytes ?? [])
    }
    switch branch.parents {
    case .head: arguments.append(anything)
    case .headAnd(let ids): arguments.append(anything + ids.flatMap(\.bytes))
    case .given(let ids): arguments.append(ids.flatMap(\.bytes))
    }
    arguments.append(branch.author.bytes)
    arguments.append(branch.committer == branch.author ? [] : branch.committer.bytes)
    arguments.append(branch.message)
    arguments.append(branch.emptiness == .made ? Bytes("allow-empty".utf8) : [])
    arguments.append(Bytes("\(branch.edits.count)".utf8))
    if branch.edits.count == 1 {
      append(branch.edits[0], to: &arguments)
    } else {
      // Paths compare step by step, which is the order that the script needs; edits of one path stay
      // in the order of the caller, as the sort is stable.
      for edit in branch.edits.sorted(by: { $0.path < $1.path }) { append(edit, to: &arguments) }
    }
  }

  private static func append(_ edit: PathEdit, to arguments: inout [Bytes]) {
    arguments.append(edit.path.bytes)
    switch edit.expectation {
    case .none: arguments.append(anything)
    case .exactly(nil): arguments.append([])
    case .exactly(let entry?): arguments.append(bytes(of: entry))
    case .kind(let kind): arguments.append(Bytes("kind \(kind)".utf8))
    case .folder: arguments.append(Bytes("folder".utf8))
    case .names(let digest):
      arguments.append(Bytes("names ".utf8) + digest.tree.bytes + Bytes(digest.names.utf8))
    }
    switch edit.action {
    case .check: append("", [], [], to: &arguments)
    case .remove: append("remove", [], [], to: &arguments)
    case .blob(let mode, let blob):
      append("blob", Bytes("\(mode)".utf8), blob.bytes, to: &arguments)
    case .entry(let entry):
      append("entry", Bytes("\(entry.mode)".utf8), entry.id.bytes, to: &arguments)
    case .value(let action): append(action.name, [], action.operand, to: &arguments)
    }
  }

  private static func append(
    _ action: String, _ mode: Bytes, _ value: Bytes, to arguments: inout [Bytes]
  ) {
    arguments.append(Bytes(action.utf8))
    arguments.append(mode)
    arguments.append(value)
  }

  private static func bytes(of entry: Entry) -> Bytes {
    Bytes("\(entry.mode) ".utf8) + entry.id.bytes
  }
}
