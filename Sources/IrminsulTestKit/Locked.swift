import Foundation

/// A value behind a lock that the thread sanitizer knows, which it does not know `Mutex` on Linux.
///
/// @unchecked: `value` is touched under `lock` only.
final class Locked<Value: Sendable>: @unchecked Sendable {
  private let lock = NSLock()
  private var value: Value

  init(_ value: Value) {
    self.value = value
  }

  func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
    lock.lock()
    defer { lock.unlock() }
    return try body(&value)
  }
}
