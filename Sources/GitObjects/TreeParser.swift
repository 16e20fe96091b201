/// Reads the entries of a tree object: `mode SP name NUL id`, again and again.
enum TreeParser {
  typealias Result = Swift.Result<[TreeEntry], GitObjectError>

  static func entries(
    in bytes: UnsafeBufferPointer<UInt8>, _ algorithm: HashAlgorithm
  ) -> Result {
    guard let start = bytes.baseAddress else { return .success([]) }
    let idSize = algorithm.byteCount
    let count = bytes.count
    var entries = [TreeEntry]()
    // Names of usual length: a good first guess spares most of the growing.
    entries.reserveCapacity(count / (idSize + 20))
    var place = 0
    while place < count {
      let modeStart = place
      var mode: UInt32 = 0
      while place < count, start[place] != 0x20 {
        let digit = start[place] &- 0x30
        guard digit < 8 else {
          return failure(place, "the mode is not octal")
        }
        guard mode >> 29 == 0 else { return failure(modeStart, "the mode is too large") }
        mode = mode << 3 | UInt32(digit)
        place &+= 1
      }
      guard place < count else { return failure(modeStart, "the entry is cut within its mode") }
      guard place > modeStart else { return failure(modeStart, "the mode is missing") }
      let padding = place - modeStart - digitCount(mode)
      place &+= 1
      let nameStart = place
      while place < count, start[place] != 0 { place &+= 1 }
      guard place < count else { return failure(nameStart, "the entry is cut within its name") }
      guard place > nameStart else { return failure(nameStart, "the name is empty") }
      let name = [UInt8](
        UnsafeBufferPointer(start: start + nameStart, count: place - nameStart))
      place &+= 1
      guard count - place >= idSize else {
        return failure(
          place, "the entry is cut within its id, \(count - place) of \(idSize) bytes are there")
      }
      let id = ObjectID(at: start + place, algorithm: algorithm)
      place &+= idSize
      entries.append(
        TreeEntry(name: name, mode: FileMode(rawValue: mode), id: id, modePadding: padding))
    }
    return .success(entries)
  }

  private static func digitCount(_ number: UInt32) -> Int {
    number == 0 ? 1 : (32 - number.leadingZeroBitCount + 2) / 3
  }

  private static func failure(_ offset: Int, _ reason: String) -> Result {
    .failure(.malformed(kind: .tree, offset: offset, reason: reason))
  }
}
