import Foundation

/// The records of all processes of a run, put together by operation.
struct RunRecord: Sendable {
  private(set) var operations: [OperationID: RecordedOperation] = [:]

  /// An empty record, to be filled by ``add(_:in:)``.
  init() {}

  /// Reads records in the order in which their processes were started. A process that was killed may
  /// have left half a line at the end: its attempt has no answer then, or was never made.
  init(reading files: [URL]) throws {
    let decoder = JSONDecoder()
    for file in files {
      let data: Data
      do {
        data = try Data(contentsOf: file)
      } catch {
        throw BenchError("cannot read \(file.path): \(error.localizedDescription)")
      }
      var lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      lines.removeLast()
      for (number, line) in lines.enumerated() {
        let place = "\(file.lastPathComponent):\(number + 1)"
        do {
          try add(decoder.decode(RecordLine.self, from: Data(line)), place)
        } catch {
          throw BenchError("\(place) is no line of a record: \(error)")
        }
      }
    }
  }

  /// The operations that the successor of a killed process has tried again.
  private(set) var inherited: Set<OperationID> = []

  /// Takes the next line of a record.
  mutating func add(_ line: RecordLine, _ place: String) throws {
    if let intent = line.intent {
      if operations[line.operation] != nil { inherited.insert(line.operation) }
      operations[line.operation] =
        operations[line.operation]
        ?? RecordedOperation(
          id: line.operation, operation: intent.operation, token: intent.token, place: place,
          answers: [])
    }
    guard var known = operations[line.operation] else {
      throw BenchError("operation \(line.operation) has no beginning")
    }
    if let answer = line.answer {
      guard let last = known.answers.indices.last else {
        throw BenchError("operation \(line.operation) was answered before it was tried")
      }
      known.answers[last] = answer
    } else {
      known.answers.append(nil)
    }
    operations[line.operation] = known
  }

  /// The operations whose last attempt has no answer.
  var unanswered: [RecordedOperation] {
    operations.values.filter { $0.answers.last == .some(nil) }.sorted { $0.id < $1.id }
  }
}
