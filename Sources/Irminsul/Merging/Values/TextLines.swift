import RedisScripting

/// A text as lines with their ends, and a number for each: equal lines have equal ones.
struct TextLines {
  let lines: [ArraySlice<UInt8>]
  let numbers: [Int]

  /// - Parameter known: The numbers of lines of texts that are compared with this one.
  init(_ bytes: Bytes, _ known: inout [ArraySlice<UInt8>: Int]) {
    var lines: [ArraySlice<UInt8>] = []
    var start = 0
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? bytes.count
      lines.append(bytes[start..<end])
      start = end
    }
    var numbers: [Int] = []
    for line in lines {
      let number = known[line] ?? known.count
      known[line] = number
      numbers.append(number)
    }
    self.lines = lines
    self.numbers = numbers
  }
}
