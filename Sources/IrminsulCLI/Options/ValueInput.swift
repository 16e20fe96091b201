import Foundation
import Irminsul

/// Reads a value from where the command line says it is.
enum ValueInput {
  /// The most that any host takes; a longer input is not read to its end.
  private static let limit = (512 << 20) - "blob 536870897\0".utf8.count

  static func file(_ path: String) throws -> Bytes {
    let name = "\"\(path)\""
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw unreadable(name, errno) }
    defer { close(descriptor) }
    return try read(descriptor, name)
  }

  static func standardInput() throws -> Bytes {
    try read(STDIN_FILENO, "standard input")
  }

  private static func read(_ descriptor: Int32, _ name: String) throws -> Bytes {
    var status = stat()
    if fstat(descriptor, &status) == 0, status.st_size > limit {
      throw tooLarge(name, NumberText.count(Int(status.st_size)))
    }
    var value = Bytes()
    var chunk = Bytes(repeating: 0, count: 1 << 18)
    while true {
      let count = Foundation.read(descriptor, &chunk, chunk.count)
      if count == 0 { return value }
      if count > 0 {
        value += chunk.prefix(count)
      } else if errno != EINTR {
        throw unreadable(name, errno)
      }
      if value.count > limit {
        throw tooLarge(name, "more")
      }
    }
  }

  private static func unreadable(_ name: String, _ code: Int32) -> Failure {
    Failure(.io, "cannot read \(name): \(SystemReason.text(of: code))")
  }

  private static func tooLarge(_ name: String, _ size: String) -> Failure {
    Failure(
      .refused,
      "\(name) is too large: a value has \(NumberText.count(limit)) bytes at most, this one \(size)\n"
        + "Split it into several paths.")
  }
}
