import Irminsul

/// A commit as `log` prints it in JSON.
struct CommitFacts: Encodable {
  struct PersonFacts: Encodable {
    let name: String
    let email: String?
    let seconds: Int64?
    let zone: String?

    init(_ identity: Identity) {
      name = identity.name
      email = identity.email
      seconds = identity.seconds
      zone = identity.offsetText
    }
  }

  let id: String
  let tree: String
  let parents: [String]
  let author: PersonFacts?
  let committer: PersonFacts?
  let subject: String
  let message: String
  let messageBase64: String?
  /// The end of A...B that has it: left or right.
  var side: String?
  /// The paths that it changed.
  var changes: [ChangeFacts.PathFacts]?

  init(_ commit: Commit) {
    id = commit.id.hex
    tree = commit.tree.hex
    parents = commit.parents.map(\.hex)
    author = commit.author.map(PersonFacts.init)
    committer = commit.committer.map(PersonFacts.init)
    subject = commit.subject
    message = commit.message
    messageBase64 = JSONBytes(commit.messageBytes).base64
  }
}
