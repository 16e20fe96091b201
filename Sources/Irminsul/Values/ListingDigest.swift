import GitObjects
import RedisScripting

/// What a reader of a directory's listing has seen: its names and modes, not what is under them.
struct ListingDigest: Sendable, Hashable {
  /// The tree that was read. One that is the same needs no closer look.
  let tree: ObjectID
  /// The SHA-1 of each entry's `mode SP name NUL`, one after another, in hexadecimal.
  let names: String

  init(_ object: TreeObject, id: ObjectID) {
    tree = id
    let content = object.content
    var text: Bytes = []
    var start = 0
    for _ in object.entries {
      guard let zero = content[start...].firstIndex(of: 0) else { break }
      text += content[start...zero]
      start = zero + 1 + id.algorithm.byteCount
    }
    names = ObjectID(hashing: text, algorithm: .sha1).hex
  }
}
