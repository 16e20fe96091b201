import Foundation
import Irminsul
import RedisScripting

/// Commands of git: lines on standard input.
final class CommandInput {
  /// The next line without its end; nil when there are no more.
  ///
  /// - Throws: ``HelperFailure`` for one that is not UTF-8.
  func line() throws -> String? {
    // Bytes that are not UTF-8 would be another name.
    guard let line = readLine(strippingNewline: true) else { return nil }
    if line.unicodeScalars.contains("\u{FFFD}") {
      throw HelperFailure("a ref's name is not UTF-8, as the store asks: \(line)")
    }
    return line
  }
}

/// Answers to git.
enum StandardOutput {
  static func write(_ text: String) throws {
    do {
      try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
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
