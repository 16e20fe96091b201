import GitObjects
import RedisScripting

/// What a wide directory's trie is ordered by: an entry's name, with a `/` after that of a tree as in
/// Git's own order, taken four bits at a time.
struct WideKey: Sendable, Equatable {
  let bytes: Bytes

  init(_ name: Bytes, isTree: Bool) {
    bytes = isTree ? name + [UInt8(ascii: "/")] : name
  }

  init(of entry: TreeEntry) {
    self.init(entry.name, isTree: entry.mode.isTree)
  }

  /// How many digits there are.
  var count: Int { 2 * bytes.count }

  /// The digit at a place, 0 to 15; the high half of a byte comes first.
  subscript(place: Int) -> UInt8 {
    place & 1 == 0 ? bytes[place >> 1] >> 4 : bytes[place >> 1] & 15
  }

  /// How many digits, from a place on, are the same as some others.
  func agreement(with digits: [UInt8], from place: Int) -> Int {
    var length = 0
    while length < digits.count, place + length < count, self[place + length] == digits[length] {
      length += 1
    }
    return length
  }

  /// How many digits, from a place on, two keys have in common.
  func agreement(with other: WideKey, from place: Int) -> Int {
    var length = 0
    let limit = min(count, other.count) - place
    while length < limit, self[place + length] == other[place + length] { length += 1 }
    return max(0, length)
  }
}
