import Irminsul
import RedisScripting

/// Prints faults as they are found, and keeps the error of printing for later: whoever finds them
/// takes no errors.
final class FaultPrinter: Sendable {
  private let print: @Sendable (Fault) throws -> Void
  private let failure = Locked<(any Error)?>(nil)

  init(print: @escaping @Sendable (Fault) throws -> Void) {
    self.print = print
  }

  func take(_ fault: Fault) {
    failure.withLock { failure in
      guard failure == nil else { return }
      do { try print(fault) } catch { failure = error }
    }
  }

  func finish() throws {
    if let error = failure.withLock({ $0 }) { throw error }
  }
}
