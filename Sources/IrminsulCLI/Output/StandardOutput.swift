import Foundation
import RedisScripting

/// What a command prints: collected, and written in large pieces.
enum StandardOutput {
  private static let buffer = Locked<[UInt8]>([])

  static func write(_ bytes: some Collection<UInt8>) throws {
    let isFull = buffer.withLock { buffer in
      buffer.append(contentsOf: bytes)
      return buffer.count >= 1 << 16
    }
    if isFull { try flush() }
  }

  static func line(_ text: String) throws {
    try write(text.utf8)
    try write(CollectionOfOne(UInt8(ascii: "\n")))
  }

  /// Writes what is collected.
  ///
  /// - Throws: ``OutputError``.
  static func flush() throws {
    let bytes = buffer.withLock { buffer in
      defer { buffer.removeAll(keepingCapacity: true) }
      return buffer
    }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Foundation.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      if count >= 0 {
        rest = rest.dropFirst(count)
      } else if errno == EAGAIN {
        var descriptor = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
        _ = poll(&descriptor, 1, -1)
      } else if errno != EINTR {
        throw OutputError(code: errno)
      }
    }
  }
}

/// Standard output cannot be written to.
struct OutputError: Error {
  let code: Int32

  /// Whether it is a pipe whose reader has seen enough, as in `irminsul log | head -1`.
  var isBrokenPipe: Bool { code == EPIPE }
}

/// Lines for the person at the terminal: errors, warnings, progress.
enum StandardError {
  static func line(_ text: String) {
    write(text + "\n")
  }

  static func write(_ text: String) {
    var text = text
    // When even this cannot be written there is nobody to tell.
    _ = text.withUTF8 { Foundation.write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}

/// The three streams that a process is given.
enum StandardStreams {
  /// Takes a closed pipe and a file that may not grow as errors of writing, and keeps files and sockets from getting the
  /// number of a stream that was closed: what is printed would be written into them.
  static func prepare() {
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) == -1 {
      _ = open("/dev/null", descriptor == STDERR_FILENO ? O_WRONLY : O_RDONLY)
    }
  }
}
