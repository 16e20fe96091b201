import GitObjects
import RedisScripting

/// What a reader of a directory's listing has seen: its names and modes, not what is under them.
struct ListingDigest: Sendable, Hashable {
  /// The tree that was read. One that is the same needs no closer look.
  let tree: ObjectID
  /// The SHA-1 of each entry's `mode SP name NUL`, one after another, in hexadecimal.
  let names: String

  init(_ entries: [TreeEntry], id: ObjectID) {
    tree = id
    var text: Bytes = []
    for entry in entries {
      text += Bytes("\(entry.mode) ".utf8)
      text += entry.name
      text.append(0)
    }
    names = ObjectID(hashing: text, algorithm: .sha1).hex
  }
}
