import GitObjects
import RedisScripting

/// A token and what tells the scripts which attempt of which request comes with it: see
/// `lib/tokens.lua`.
struct RequestKey: Sendable {
  let token: RequestToken
  /// Of the request, in hexadecimal. Empty for a token that is made for one request and forgotten with
  /// it: nobody else has it.
  let digest: String
  /// Whether the writer goes on after this attempt, whatever comes of it.
  var isFollowed = false

  /// For a token that nobody else has.
  init(own token: RequestToken) {
    self.token = token
    digest = ""
  }

  /// For a token that a program has kept, and may confuse with another.
  init(_ token: RequestToken, for request: CommitRequest) {
    self.token = token
    digest = Self.digest(of: request)
  }

  /// The second argument of the scripts that know tokens.
  func since(isFirst: Bool) -> Bytes {
    let attempt = isFirst ? "+" : isFollowed ? "~" : ""
    let tail = digest.isEmpty ? "" : " \(digest)"
    return Bytes("\(attempt)\(token.position)\(tail)".utf8)
  }

  /// What a program that makes the same write again has said again: neither dates nor what it has read
  /// meanwhile.
  private static func digest(of request: CommitRequest) -> String {
    var text: Bytes = []
    func append(_ part: some Sequence<UInt8>) {
      let part = Bytes(part)
      text += Bytes("\(part.count) ".utf8)
      text += part
    }
    for branch in request.branches {
      append(branch.ref.utf8)
      append("\(branch.edits.count)".utf8)
      for edit in branch.edits {
        append(edit.path.bytes)
        switch edit.action {
        case .check: append("check".utf8)
        case .remove: append("remove".utf8)
        case .blob(let mode, let blob):
          append("\(mode)".utf8)
          append(blob.id(.sha1).bytes)
        case .entry(let entry):
          append("\(entry.mode)".utf8)
          append(entry.id.bytes)
        case .value(let action):
          append(action.name.utf8)
          append(action.repeatedOperand)
        }
      }
    }
    return String(FramedObject(kind: .blob, content: text).id(.sha1).hex.prefix(16))
  }
}
