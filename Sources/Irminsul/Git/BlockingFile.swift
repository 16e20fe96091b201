import Dispatch
import Foundation
import RedisScripting

/// A file or one end of a pipe. What may block runs on a queue of its own, one call after the
/// other, and never on the threads that run tasks.
final class BlockingFile: Sendable {
  private let handle: FileHandle
  private let descriptor: Int32
  private let queue: DispatchQueue
  private let isOpen = Locked(true)

  /// Why a call of the system failed, in its own words.
  struct Failure: Error, CustomStringConvertible {
    let number: Int32

    var description: String { String(cString: strerror(number)) }
  }

  init(_ handle: FileHandle) {
    self.handle = handle
    descriptor = handle.fileDescriptor
    queue = DispatchQueue(label: "irminsul.file")
  }

  /// A new file, for reading and writing.
  convenience init(creating path: String) throws(Failure) {
    let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw Failure(number: errno) }
    self.init(FileHandle(fileDescriptor: descriptor, closeOnDealloc: true))
  }

  /// A file that is there, for reading.
  convenience init(reading path: String) throws(Failure) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Failure(number: errno) }
    self.init(FileHandle(fileDescriptor: descriptor, closeOnDealloc: true))
  }

  /// Writes a file that is complete, on the disk and not to be written again when it has its name.
  static func write(_ bytes: [UInt8], toNew path: String) async throws(Failure) {
    // git prune removes files that begin so when they are old.
    let slash = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
    let unfinished = "\(path[..<slash])tmp_\(path[slash...])"
    let file = try BlockingFile(creating: unfinished)
    defer { file.close() }
    do throws(Failure) {
      try await file.write(bytes)
      try await file.synchronize()
      guard chmod(unfinished, 0o444) == 0 else { throw Failure(number: errno) }
      try rename(unfinished, to: path)
    } catch {
      remove(unfinished)
      throw error
    }
  }

  /// Removes a file that was made in vain.
  static func remove(_ path: String) { unlink(path) }

  /// Refuses a name that something has, be it a link that leads nowhere.
  static func checkAbsent(_ path: String) throws(Failure) {
    var status = stat()
    if lstat(path, &status) == 0 { throw Failure(number: EEXIST) }
  }

  /// Gives a file the name that it is to have. What got that name meanwhile is not replaced, as far as the file
  /// system can tell.
  static func rename(_ path: String, to name: String) throws(Failure) {
    if link(path, name) == 0 {
      unlink(path)
      return
    }
    // Not every file system has two names for a file.
    guard [EPERM, ENOTSUP, ENOSYS, EMLINK].contains(errno) else { throw Failure(number: errno) }
    try checkAbsent(name)
    guard Foundation.rename(path, name) == 0 else { throw Failure(number: errno) }
  }

  /// Sees to it that all bytes are on the disk.
  func synchronize() async throws(Failure) {
    try await perform { descriptor throws(Failure) in
      // A pipe or a terminal has no disk.
      guard fsync(descriptor) == 0 || errno == EINVAL || errno == EROFS || errno == ENOTSUP else {
        throw Failure(number: errno)
      }
    }
  }

  /// Makes a pipe hold a megabyte, where the system allows it: fewer turns for the same bytes.
  func widen() {
    #if os(Linux)
      // F_SETPIPE_SZ, which is a macro of an extension.
      _ = fcntl(descriptor, 1031, 1 << 20)
    #endif
  }

  /// The next bytes, at most `count`; empty at the end.
  func read(upTo count: Int) async throws(Failure) -> [UInt8] {
    try await perform { descriptor throws(Failure) in
      var failure: Int32 = 0
      let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
        repeat {
          filled = Foundation.read(descriptor, buffer.baseAddress, count)
          failure = filled < 0 ? errno : 0
        } while failure == EINTR
        filled = max(filled, 0)
      }
      if failure != 0 { throw Failure(number: failure) }
      return bytes
    }
  }

  /// Writes all of the bytes. A pipe that nobody reads any more is the failure EPIPE.
  func write(_ bytes: [UInt8]) async throws(Failure) {
    try await perform { descriptor throws(Failure) in
      try Self.withoutPipeSignal { () throws(Failure) in
        try Self.writeAll(bytes, to: descriptor)
      }
    }
  }

  /// How many bytes a file has. What is no plain file, such as a pipe, has no size: EINVAL.
  func size() async throws(Failure) -> Int {
    try await perform { descriptor throws(Failure) in
      var status = stat()
      guard fstat(descriptor, &status) == 0 else { throw Failure(number: errno) }
      guard status.st_mode & S_IFMT == S_IFREG else { throw Failure(number: EINVAL) }
      return Int(status.st_size)
    }
  }

  /// Goes to a place in a file.
  func seek(to offset: Int) async throws(Failure) {
    try await perform { descriptor throws(Failure) in
      guard lseek(descriptor, off_t(offset), SEEK_SET) >= 0 else { throw Failure(number: errno) }
    }
  }

  /// Closes it, after the calls that were made before. May be called again.
  func close() {
    queue.async { [self] in
      let wasOpen = isOpen.withLock { isOpen in
        defer { isOpen = false }
        return isOpen
      }
      if wasOpen { try? handle.close() }
    }
  }

  private func perform<Value: Sendable>(
    _ body: @escaping @Sendable (Int32) throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
      queue.async { [self] in
        guard isOpen.withLock({ $0 }) else {
          continuation.resume(returning: .failure(Failure(number: EBADF)))
          return
        }
        continuation.resume(
          returning: Result { () throws(Failure) in try body(descriptor) })
      }
    }
    return try result.get()
  }

  private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) throws(Failure) {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        Foundation.write(
          descriptor, buffer.baseAddress.map { $0 + written }, buffer.count - written)
      }
      if count >= 0 {
        written += count
      } else if errno != EINTR {
        throw Failure(number: errno)
      }
    }
  }

  /// A write into a pipe without a reader would otherwise end this process.
  private static func withoutPipeSignal(_ body: () throws(Failure) -> Void) throws(Failure) {
    var pipe = sigset_t()
    var previous = sigset_t()
    var pending = sigset_t()
    sigemptyset(&pipe)
    sigaddset(&pipe, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &pipe, &previous)
    defer { pthread_sigmask(SIG_SETMASK, &previous, nil) }
    do {
      try body()
    } catch {
      // The signal waits for this very thread; it must not be there when the mask is lifted.
      if error.number == EPIPE, sigpending(&pending) == 0, sigismember(&pending, SIGPIPE) == 1 {
        var number: Int32 = 0
        sigwait(&pipe, &number)
      }
      throw error
    }
  }
}
