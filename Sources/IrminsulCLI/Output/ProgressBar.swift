import Foundation
import Irminsul
import RedisScripting

/// One line on standard error that is rewritten while something long goes on: how much is done, how
/// fast, and how long it still takes. Nothing is shown when standard error is no terminal.
final class ProgressBar: Sendable {
  private struct State {
    var phase = ""
    /// When the phase began, and with how much done.
    var start = ContinuousClock.now
    var startDone = 0
    var lastDrawn: ContinuousClock.Instant?
    var isDrawn = false
  }

  private let state = Locked(State())
  private let isShown = isatty(STDERR_FILENO) == 1

  /// Takes note of progress; draws at most ten times a second.
  func show(_ progress: TransferProgress) {
    guard isShown else { return }
    let now = ContinuousClock.now
    state.withLock { state in
      if state.phase != progress.phase {
        state.phase = progress.phase
        state.start = now
        state.startDone = progress.done
        state.lastDrawn = nil
      }
      if let last = state.lastDrawn, now - last < .milliseconds(100) { return }
      state.lastDrawn = now
      state.isDrawn = true
      let elapsed = (now - state.start) / .seconds(1)
      let text = Self.text(
        progress, rate: elapsed > 0.2 ? Double(progress.done - state.startDone) / elapsed : nil,
        width: Self.terminalWidth)
      StandardError.write("\r\u{1B}[K" + text)
    }
  }

  /// Takes the line away.
  func finish() {
    state.withLock { state in
      if state.isDrawn { StandardError.write("\r\u{1B}[K") }
      state.isDrawn = false
    }
  }

  /// The line for so much progress, at most `width` - 1 characters long.
  static func text(_ progress: TransferProgress, rate: Double?, width: Int) -> String {
    // A phase that cannot tell how far it is.
    if progress.total == nil, progress.done == 0 { return "\(progress.phase)…" }
    var parts: [String] = []
    if let total = progress.total, total > 0 {
      let share = min(1, Double(progress.done) / Double(total))
      let filled = Int(share * 24)
      let bar =
        String(repeating: "█", count: filled) + String(repeating: "░", count: 24 - filled)
      parts += [
        "\(bar) \(Int(share * 100))%",
        "\(NumberText.count(progress.done))/\(NumberText.count(total))",
      ]
    } else {
      parts.append(NumberText.count(progress.done))
    }
    if let rate {
      parts.append("\(NumberText.count(Int(rate)))/s")
      if let total = progress.total, rate > 0, total > progress.done {
        parts.append("\(NumberText.time(seconds: Double(total - progress.done) / rate)) left")
      }
    }
    if progress.bytes > 0 { parts.append(NumberText.size(progress.bytes)) }
    return String("\(progress.phase) \(parts.joined(separator: "  "))".prefix(width - 1))
  }

  private static var terminalWidth: Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 1 else { return 80 }
    return Int(size.ws_col)
  }
}
