import GitObjects
import RedisScripting

/// One entry of a ``LinkedLog`` as a blob: header lines and the value's own bytes after an empty
/// one.
///
/// ```
/// previous 5f2c… 1764122333444
/// time 1764122333450
/// id 0000000a3f9c21d7
///
/// value
/// ```
struct LinkedEntry: Contents {
  /// An entry by the id of its blob, with its time, which orders it without reading it.
  struct Link: Hashable, Comparable {
    let milliseconds: Int64
    let id: ObjectID

    static func < (left: Link, right: Link) -> Bool {
      (left.milliseconds, left.id.hex) < (right.milliseconds, right.id.hex)
    }
  }

  let previous: [Link]
  let stamp: EntryStamp
  let content: Bytes

  init(previous: [Link], stamp: EntryStamp, content: Bytes) {
    self.previous = previous
    self.stamp = stamp
    self.content = content
  }

  init(decoding bytes: Bytes) throws {
    var previous: [Link] = []
    var time: Substring?
    var id: Substring?
    var rest = bytes[...]
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      let line = String(decoding: rest[..<end], as: UTF8.self)
      rest = rest[(end + 1)...]
      if line.isEmpty { break }
      let words = line.split(separator: " ", omittingEmptySubsequences: false)
      switch (words.first, words.count) {
      case ("previous", 3):
        guard let link = ObjectID(hex: String(words[1])), let milliseconds = Int64(words[2]),
          (0..<Register.end).contains(milliseconds)
        else {
          throw NotLines(reason: "\"\(line)\" is no link to another entry")
        }
        previous.append(Link(milliseconds: milliseconds, id: link))
      case ("time", 2): time = words[1]
      case ("id", 2): id = words[1]
      default: throw NotLines(reason: "\"\(line)\" is no header of an entry")
      }
    }
    guard let time, let id, let stamp = EntryStamp(time, id) else {
      throw NotLines(reason: "it has no time and id")
    }
    self.previous = previous
    self.stamp = stamp
    content = Bytes(rest)
  }

  func encoded() -> Bytes {
    var header = ""
    for link in previous { header += "previous \(link.id.hex) \(link.milliseconds)\n" }
    return Bytes("\(header)time \(stamp.milliseconds)\nid \(stamp.id)\n\n".utf8) + content
  }
}
