import Foundation
import Irminsul

/// A process that collects garbage, and what it has said so far.
final class CollectorProcess: Sendable {
  private let child: ChildProcess
  private let heard = Shared<[CollectorEvent]>([])
  private let silence = DispatchSemaphore(value: 0)

  init(_ plan: CollectorPlan) throws {
    child = try ChildProcess(["collector"])
    try child.send(line: try JSONLine.text(plan))
    Thread.detachNewThread { [child, heard, silence] in
      // Half a line is the last that a killed process has said.
      while let line = try? child.nextLine() {
        guard let event = try? JSONDecoder().decode(CollectorEvent.self, from: Data(line.utf8))
        else { break }
        heard.value.withLock { $0.append(event) }
      }
      silence.signal()
    }
  }

  var events: [CollectorEvent] { heard.value.withLock { $0 } }

  var isRunning: Bool { child.isRunning }

  /// Waits until it ends by itself, or lets it end.
  ///
  /// - Returns: All that it has said.
  /// - Throws: ``BenchError`` when it has failed.
  func finish(_ ending: Ending = .now) throws -> [CollectorEvent] {
    switch ending {
    case .now: child.endInput()
    case .byItself: break
    }
    silence.wait()
    let status = child.finish()
    guard status == 0 else {
      throw BenchError(
        "a collecting process has ended with status \(status): what it said is above")
    }
    return events
  }

  enum Ending {
    case now
    case byItself
  }

  /// Ends it by SIGKILL.
  ///
  /// - Returns: All that it has said.
  func kill() -> [CollectorEvent] {
    child.kill()
    silence.wait()
    return events
  }
}

extension [CollectorEvent] {
  /// The collections that were brought to an end.
  var reports: [CollectionReport] {
    compactMap { if case .collected(let report) = $0 { report } else { nil } }
  }

  /// The most memory that the process ever had.
  var peakBytes: Int? {
    for case .ended(let bytes) in self { return bytes }
    return nil
  }

  /// What no injected fault explains.
  var unexpectedErrors: [String] {
    compactMap { if case .failed(let text, isOutage: false) = $0 { text } else { nil } }
  }
}
