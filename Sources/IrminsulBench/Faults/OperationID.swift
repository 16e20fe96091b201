/// What tells an operation of a run from every other; its text is in the message of its commits.
struct OperationID: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// Which of the places for processes.
  var process: Int
  /// Which process in that place: one more after each kill.
  var life: Int
  /// Which task of the process.
  var writer: Int
  /// Which operation of the task, counted from 1.
  var number: Int

  init(process: Int, life: Int, writer: Int, number: Int) {
    self.process = process
    self.life = life
    self.writer = writer
    self.number = number
  }

  /// Reads what ``description`` gives; nil for anything else.
  init?(_ text: some StringProtocol) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { Int($0) }
    guard parts.count == 4, numbers.count == 4 else { return nil }
    self.init(process: numbers[0], life: numbers[1], writer: numbers[2], number: numbers[3])
  }

  /// `3.0.7.112`: process, life, writer, number.
  var description: String { "\(process).\(life).\(writer).\(number)" }

  /// The writer that has made it, for messages.
  var writerName: String { "process \(process) life \(life) writer \(writer)" }

  static func < (left: OperationID, right: OperationID) -> Bool {
    (left.process, left.life, left.writer, left.number)
      < (right.process, right.life, right.writer, right.number)
  }
}

extension OperationID: Codable {
  init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let id = OperationID(text) else {
      throw BenchError("\"\(text)\" is no operation's number")
    }
    self = id
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
