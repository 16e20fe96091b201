import GitObjects

/// Cuts a stream of chunks into lines.
struct LineSplitter {
  private var rest: [UInt8] = []

  /// The lines that a chunk completes, without their ends.
  mutating func split(_ chunk: [UInt8]) -> [ArraySlice<UInt8>] {
    let bytes = rest.isEmpty ? chunk : rest + chunk
    var lines: [ArraySlice<UInt8>] = []
    var start = 0
    while let end = bytes[start...].firstIndex(of: 0x0A) {
      lines.append(bytes[start..<end])
      start = end + 1
    }
    rest = Array(bytes[start...])
    return lines
  }

  /// Whether the last line had its end.
  var isAtLineEnd: Bool { rest.isEmpty }
}

/// What `git rev-list --stdin` and `git cat-file --batch` read and write: an id on each line.
enum RevisionList {
  static func input(_ ids: some Sequence<ObjectID>) -> [UInt8] {
    var bytes: [UInt8] = []
    for id in ids {
      bytes.append(contentsOf: id.hex.utf8)
      bytes.append(0x0A)
    }
    return bytes
  }

  /// For `git rev-list`: what some ids reach, without what others reach.
  static func input(_ ids: some Sequence<ObjectID>, without excluded: [ObjectID]) -> [UInt8] {
    input(ids) + excluded.flatMap { Array("^\($0.hex)\n".utf8) }
  }
}
