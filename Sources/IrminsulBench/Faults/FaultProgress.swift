import Foundation

/// A line on a terminal that says how far a run is; nothing when standard error is no terminal.
struct FaultProgress {
  private let wanted: Int
  private let isShown = isatty(STDERR_FILENO) == 1
  private let start = ContinuousClock.now

  /// - Parameter wanted: How many acknowledged commits end the run.
  init(wanted: Int) {
    self.wanted = wanted
  }

  func show(_ acknowledged: Int, faults: Int) {
    guard isShown else { return }
    let seconds = Int((ContinuousClock.now - start).seconds)
    write(
      "\r\u{1B}[K\(Figure.grouped(acknowledged)) of \(Figure.grouped(wanted)) commits acknowledged, "
        + "\(Figure.grouped(faults)) faults, \(seconds) s")
  }

  /// Takes the line away.
  func finish() {
    if isShown { write("\r\u{1B}[K") }
  }

  private func write(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }
}
