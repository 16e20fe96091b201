import RedisScripting

/// Where a chunk of a log or queue is: a directory of up to 64 chunks, and a name in it. Both begin
/// with the time at which they were opened, in 15 digits, so that their order is that of time.
struct ChunkPlace: Hashable, Comparable {
  let folder: Bytes
  let name: Bytes

  /// Chunks of one folder.
  private static let folderSize = 64

  func path(in container: Path) -> Path { container.appending(folder).appending(name) }

  static func < (left: ChunkPlace, right: ChunkPlace) -> Bool {
    if left.folder != right.folder {
      return left.folder.lexicographicallyPrecedes(right.folder)
    }
    return left.name.lexicographicallyPrecedes(right.name)
  }

  /// Whether this is the name of a folder or a chunk.
  static func isName(_ name: Bytes) -> Bool {
    name.count == 24 && name[15] == UInt8(ascii: "-")
      && name.prefix(15).allSatisfy { (0x30...0x39).contains($0) }
  }

  /// The blob that names the chunk that entries are added to: a line with its place, and as which
  /// of its folder it was opened.
  struct Tail: Hashable {
    let place: ChunkPlace
    let number: Int

    static let name = Bytes("tail".utf8)

    /// When the chunk was opened, in milliseconds.
    var opened: Int64 { Int64(String(decoding: place.name.prefix(15), as: UTF8.self)) ?? 0 }

    /// One for a chunk after another, which is not there yet.
    init(after tail: Tail?, _ stamp: EntryStamp) {
      // The last time there is stays what it is.
      let time = min(max(stamp.milliseconds, (tail?.opened ?? -1) + 1), Register.end - 1)
      let digits = String(time)
      let padding = String(repeating: "0", count: max(0, 15 - digits.count))
      let name = Bytes(
        "\(padding)\(digits)-\(PaddedHexadecimal.eight(.random(in: 0 ... .max)))".utf8)
      if let tail, tail.number < ChunkPlace.folderSize {
        place = ChunkPlace(folder: tail.place.folder, name: name)
        number = tail.number + 1
      } else {
        place = ChunkPlace(folder: name, name: name)
        number = 1
      }
    }
  }
}

extension ChunkPlace.Tail: Contents {
  init(decoding bytes: Bytes) throws {
    let words = bytes.dropLast().split(
      separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
    guard bytes.last == UInt8(ascii: "\n"), words.count == 3,
      ChunkPlace.isName(Bytes(words[0])), ChunkPlace.isName(Bytes(words[1])),
      let number = Int(String(decoding: words[2], as: UTF8.self)), number > 0
    else { throw NotLines(reason: "the bytes are no line with a folder, a name and a number") }
    place = ChunkPlace(folder: Bytes(words[0]), name: Bytes(words[1]))
    self.number = number
  }

  func encoded() -> Bytes { place.folder + [0x20] + place.name + Bytes(" \(number)\n".utf8) }
}
