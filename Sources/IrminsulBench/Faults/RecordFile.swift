import Foundation
import RedisScripting

/// The record of one process: lines of JSON, each given to the system as a whole before the writer
/// goes on, so that a kill of the process loses none.
final class RecordFile: Sendable {
  private let file: Locked<FileHandle>

  init(path: String) throws {
    guard FileManager.default.createFile(atPath: path, contents: nil),
      let handle = FileHandle(forWritingAtPath: path)
    else { throw BenchError("cannot write \(path)") }
    file = Locked(handle)
  }

  func write(_ line: RecordLine) throws {
    let bytes = Data((try JSONLine.text(line) + "\n").utf8)
    try file.withLock { try $0.write(contentsOf: bytes) }
  }
}
