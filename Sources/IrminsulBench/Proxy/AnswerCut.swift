/// Where answers are cut so that one of them arrives in part.
enum AnswerCut {
  /// How many of some bytes pass: about half, and never just up to an answer's end.
  static func length(within bytes: some Collection<UInt8>) -> Int {
    let half = bytes.count / 2
    let ends = Set(ends(of: Array(bytes)))
    return ends.contains(half) ? half - 1 : half
  }

  /// The places at which an answer ends and another one begins, 0 being none.
  private static func ends(of bytes: [UInt8]) -> [Int] {
    bytes.withUnsafeBytes { bytes in
      var ends: [Int] = []
      var place = 0
      // What begins within an answer is no answer: it is cut anywhere.
      while (try? RespParser.skip(bytes, &place)) == true { ends.append(place) }
      return ends
    }
  }
}
