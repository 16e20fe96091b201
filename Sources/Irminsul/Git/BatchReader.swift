import GitObjects

/// Takes the output of `git cat-file --batch` apart: `ID KIND SIZE LF CONTENT LF`, again and again.
/// Pure: chunks go in, objects come out, wherever the chunks were cut.
///
/// Source: https://git-scm.com/docs/git-cat-file#_batch_output
struct BatchReader {
  /// An object with the id that Git has for it.
  struct Item: Equatable {
    let id: ObjectID
    /// Header and content, as they are hashed.
    let framed: [UInt8]
  }

  /// What comes out.
  enum Part: Equatable {
    case object(Item)
    /// A blob that is not held as a whole; its content follows in pieces, until so many bytes have come.
    case largeBlob(ObjectID, size: Int)
    case piece([UInt8])
  }

  enum Failure: Error, Equatable {
    case malformed(String)
    case missing(String)
    case tooLarge(ObjectID, bytes: Int)
  }

  /// The most bytes, header included, that an object may have which is held as a whole.
  let limit: Int
  private var chunk: [UInt8] = []
  private var place = 0
  private var line: [UInt8] = []
  /// The object whose content is being read.
  private var current: ObjectID?
  private var isLarge = false
  private var framed: [UInt8] = []
  /// Bytes of the content and its final newline that are still to come.
  private var missing = 0

  init(limit: Int) {
    self.limit = limit
  }

  /// Whether the output may end here.
  var isBetweenObjects: Bool { current == nil && line.isEmpty && place == chunk.count }

  /// Takes the next chunk, when ``next()`` has answered nil for the one before.
  mutating func append(_ bytes: [UInt8]) {
    chunk = bytes
    place = 0
  }

  /// The next object that is complete, or part of a large one; nil when more bytes are needed.
  mutating func next() throws(Failure) -> Part? {
    while place < chunk.count {
      if current == nil {
        guard let end = chunk[place...].firstIndex(of: 0x0A) else {
          line.append(contentsOf: chunk[place...])
          place = chunk.count
          guard line.count < 4096 else { throw .malformed("a line of \(line.count) bytes") }
          return nil
        }
        line.append(contentsOf: chunk[place..<end])
        place = end + 1
        let size = try startObject()
        line.removeAll(keepingCapacity: true)
        if isLarge, let current { return .largeBlob(current, size: size) }
      }
      if isLarge, missing > 1 {
        let piece = Array(chunk[place..<min(place + missing - 1, chunk.count)])
        place += piece.count
        missing -= piece.count
        return .piece(piece)
      }
      let count = min(missing, chunk.count - place)
      framed.append(contentsOf: chunk[place..<(place + count)])
      place += count
      missing -= count
      if missing == 0, let id = current {
        current = nil
        guard framed.popLast() == 0x0A else { throw .malformed("no newline after object \(id)") }
        defer { framed = [] }
        if isLarge {
          isLarge = false
          continue
        }
        return .object(Item(id: id, framed: framed))
      }
    }
    return nil
  }

  /// - Returns: The size of its content.
  private mutating func startObject() throws(Failure) -> Int {
    let words = line.split(separator: 0x20, omittingEmptySubsequences: false)
    let text = String(decoding: line.prefix(200), as: UTF8.self)
    if words.count == 2, words[1].elementsEqual("missing".utf8) {
      throw .missing(String(decoding: words[0], as: UTF8.self))
    }
    guard words.count == 3, let id = ObjectID(hexDigits: words[0]),
      let kind = ObjectKind(rawValue: String(decoding: words[1], as: UTF8.self)),
      let size = Int(String(decoding: words[2], as: UTF8.self)), size >= 0
    else { throw .malformed("\"\(text)\" where an object should start") }
    current = id
    missing = size + 1
    isLarge = kind == .blob && size > ChunkedBlob.threshold
    if isLarge { return size }
    framed = ObjectHeader(kind: kind, contentSize: size).bytes
    guard size <= limit - framed.count else { throw .tooLarge(id, bytes: framed.count + size) }
    framed.reserveCapacity(framed.count + size + 1)
    return size
  }
}
