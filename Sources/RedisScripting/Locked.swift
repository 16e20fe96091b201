#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A value that one thread at a time may touch.
///
/// As `Synchronization.Mutex`, on the system's own mutex: the thread sanitizer sees that one, and takes
/// the other's users for races on Linux.
package final class Locked<Value>: Sendable {
  // Unsafe to the compiler, as every pointer is: made by `init`, freed by `deinit`; what it points to is
  // the system's to share.
  nonisolated(unsafe) private let lock: UnsafeMutablePointer<pthread_mutex_t>
  // Unsafe to the compiler, which does not know what a lock is: touched in `withLock` only, with it held. Nobody can
  // be in there twice, so that need not be looked after either.
  @exclusivity(unchecked) nonisolated(unsafe) private var value: Value

  package init(_ value: sending Value) {
    lock = .allocate(capacity: 1)
    lock.initialize(to: pthread_mutex_t())
    // Fails only for attributes, and there are none.
    pthread_mutex_init(lock, nil)
    self.value = value
  }

  deinit {
    pthread_mutex_destroy(lock)
    lock.deinitialize(count: 1)
    lock.deallocate()
  }

  /// Calls `body` with the value while no other thread has it. It must not come back here.
  package func withLock<Result, Failure: Error>(
    _ body: (inout sending Value) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    return try body(&value)
  }
}
