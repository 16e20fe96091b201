import Foundation
import Irminsul
import RedisScripting

/// Commands of git: lines on standard input.
final class CommandInput {
  private static let chunkSize = 1 << 16

  private var bytes: [UInt8] = []
  /// Where the next line begins.
  private var place = 0

  /// The next line without its end, in bytes: names of refs need not be text. nil when there are no more.
  func line() throws -> [UInt8]? {
    while true {
      if let end = bytes[place...].firstIndex(of: 0x0A) {
        defer { place = end + 1 }
        return Array(bytes[place..<end])
      }
      bytes.removeSubrange(..<place)
      place = 0
      let chunk = try read()
      if chunk.isEmpty {
        defer { bytes = [] }
        return bytes.isEmpty ? nil : bytes
      }
      bytes += chunk
    }
  }

  /// What git has said by now, and something at least; empty at its end. A file handle would wait for all that fits.
  private func read() throws -> [UInt8] {
    var failure: Int32 = 0
    let chunk = [UInt8](unsafeUninitializedCapacity: Self.chunkSize) { buffer, count in
      repeat {
        count = Foundation.read(STDIN_FILENO, buffer.baseAddress, Self.chunkSize)
        failure = count < 0 ? errno : 0
      } while failure == EINTR
      count = max(count, 0)
    }
    guard failure == 0 else { throw HelperFailure("what git says cannot be read") }
    return chunk
  }
}

/// Answers to git.
enum StandardOutput {
  static func write(_ bytes: [UInt8]) throws {
    do {
      try FileHandle.standardOutput.write(contentsOf: Data(bytes))
    } catch {
      throw HelperFailure("git does not listen any more")
    }
  }
}

/// Lines for the person who has called git.
enum StandardError {
  static func line(_ text: String) { write(text + "\n") }

  static func write(_ text: String) {
    // When even this cannot be written there is nobody to tell.
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }
}

/// One line that is rewritten while objects are on their way, as git's own.
final class ProgressLine: Sendable {
  private let title: String
  private let isShown: Bool
  private let last = Locked<(text: String, time: ContinuousClock.Instant?)>(("", nil))

  init(_ title: String, isShown: Bool) {
    self.title = title
    self.isShown = isShown
  }

  func show(_ progress: TransferProgress) {
    guard isShown, progress.phase == "objects" else { return }
    let text: String
    if let total = progress.total, total > 0 {
      text = "\(title): \(100 * progress.done / total)% (\(progress.done)/\(total))"
    } else {
      text = "\(title): \(progress.done)"
    }
    let now = ContinuousClock.now
    last.withLock { last in
      last.text = text
      if let time = last.time, now - time < .milliseconds(100) { return }
      last.time = now
      StandardError.write("\r\(text)")
    }
  }

  /// Writes the last state and ends the line.
  func finish() {
    last.withLock { last in
      if last.time != nil { StandardError.write("\r\(last.text), done.\n") }
      last.time = nil
    }
  }
}
