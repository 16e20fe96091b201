import Foundation
import GitObjects
import RedisScripting

/// A Git object with its id, as the peers build it: by editing the bytes of the one before.
struct PeerObject: Sendable {
  let id: ObjectID
  /// With its header, as it is hashed and stored.
  let bytes: Bytes

  init(id: ObjectID, bytes: Bytes) {
    self.id = id
    self.bytes = bytes
  }

  init(_ kind: ObjectKind, _ content: Bytes) {
    bytes = FramedObject(kind: kind, content: content).bytes
    id = ObjectID(hashing: bytes, algorithm: .sha1)
  }

  /// A tree with the raw id at a place replaced.
  init(_ tree: Bytes, replacing place: Range<Int>, with entry: ObjectID) {
    var bytes = tree
    entry.withUnsafeBytes { id in
      for (offset, byte) in id.enumerated() { bytes[place.lowerBound + offset] = byte }
    }
    self.bytes = bytes
    id = ObjectID(hashing: bytes, algorithm: .sha1)
  }

  static func commit(tree: ObjectID, parent: ObjectID?, _ message: Bytes) -> PeerObject {
    let who = "Irminsul <irminsul@localhost> \(time(nil)) +0000"
    var text = "tree \(tree.hex)\n"
    if let parent { text += "parent \(parent.hex)\n" }
    text += "author \(who)\ncommitter \(who)\n\n"
    return PeerObject(.commit, Bytes(text.utf8) + message)
  }

  // MARK: Reading bytes

  /// Where the raw id of an entry is in a tree's bytes.
  static func place(ofEntry name: Bytes, in tree: Bytes) throws -> Range<Int> {
    try tree.withUnsafeBytes { bytes in
      let width = HashAlgorithm.sha1.byteCount
      guard var at = bytes.firstIndex(of: 0) else { throw BenchError("a tree is damaged") }
      at += 1
      while at < bytes.count {
        guard let space = bytes[at...].firstIndex(of: UInt8(ascii: " ")),
          let zero = bytes[space...].firstIndex(of: 0), zero + width < bytes.count
        else { throw BenchError("a tree is damaged") }
        if zero - space - 1 == name.count, bytes[(space + 1)..<zero].elementsEqual(name) {
          return (zero + 1)..<(zero + 1 + width)
        }
        at = zero + 1 + width
      }
      throw BenchError("the tree has no entry \(String(decoding: name, as: UTF8.self))")
    }
  }

  static func id(at place: Range<Int>, in tree: Bytes) throws -> ObjectID {
    guard let id = ObjectID(bytes: tree[place]) else { throw BenchError("a tree is damaged") }
    return id
  }

  static func rootTree(ofCommit bytes: Bytes) throws -> ObjectID {
    guard let zero = bytes.firstIndex(of: 0), bytes.count > zero + 46,
      let id = ObjectID(hexDigits: bytes[(zero + 6)..<(zero + 46)])
    else { throw BenchError("the head is no commit") }
    return id
  }

  /// The number in a blob, and one more.
  static func incremented(blob bytes: Bytes) throws -> Bytes {
    let content = bytes.drop { $0 != 0 }.dropFirst().prefix { $0 != UInt8(ascii: "\n") }
    guard let number = Int(String(decoding: content, as: UTF8.self)) else {
      throw BenchError("the counter holds no number")
    }
    return Bytes("\(number + 1)\n".utf8)
  }
}
