/// Counts the answers by which `commit.lua` says that it has applied a request before, in a stream of
/// bytes that comes in pieces.
struct DoneAnswerCounter {
  private static let mark = Array("\r\n$4\r\ndone\r\n".utf8)
  /// For each number of bytes of the mark: how many of its first bytes they end with.
  private static let borders = (0...mark.count).map { length in
    (0..<length).last { mark[..<$0].elementsEqual(mark[(length - $0)..<length]) } ?? 0
  }

  /// How much of the mark the last bytes were.
  private var matched = 0

  /// How many answers end in the next piece of the stream.
  mutating func count(in bytes: some Sequence<UInt8>) -> Int {
    var count = 0
    for byte in bytes {
      while matched > 0, byte != Self.mark[matched] { matched = Self.borders[matched] }
      if byte == Self.mark[matched] { matched += 1 }
      if matched == Self.mark.count {
        count += 1
        matched = Self.borders[matched]
      }
    }
    return count
  }
}
