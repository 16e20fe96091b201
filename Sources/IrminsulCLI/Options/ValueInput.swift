import Foundation
import Irminsul

/// A value from where the command line says it is.
enum ValueInput: Sendable {
  case bytes(Bytes)
  /// A file of so many bytes that it is not read at once; it goes afterwards if it was made for that.
  case file(String, isTemporary: Bool)

  /// Inputs up to this are read at once.
  private static let limit = 2 << 20

  static func file(_ path: String) throws -> ValueInput {
    let name = "\"\(path)\""
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw unreadable(name, errno) }
    defer { close(descriptor) }
    var status = stat()
    if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > limit {
      return .file(path, isTemporary: false)
    }
    return try read(descriptor, name)
  }

  static func standardInput() throws -> ValueInput {
    try read(STDIN_FILENO, "standard input")
  }

  /// Its bytes, for what cannot do with less.
  func bytes() throws -> Bytes {
    switch self {
    case .bytes(let bytes): return bytes
    case .file(let path, _):
      do {
        return Bytes(try Data(contentsOf: URL(fileURLWithPath: path)))
      } catch {
        throw Failure(.io, "cannot read \"\(path)\": \(SystemReason.text(of: error))")
      }
    }
  }

  /// Removes a file that was made for it.
  func discard() {
    if case .file(let path, isTemporary: true) = self { unlink(path) }
  }

  private static func read(_ descriptor: Int32, _ name: String) throws -> ValueInput {
    var value = Bytes()
    var chunk = Bytes(repeating: 0, count: 1 << 18)
    var spool: Spool?
    while true {
      let count = Foundation.read(descriptor, &chunk, chunk.count)
      if count == 0 { break }
      if count < 0 {
        if errno == EINTR { continue }
        throw unreadable(name, errno)
      }
      value += chunk.prefix(count)
      if value.count > limit {
        let file = try spool ?? Spool()
        spool = file
        try file.write(value)
        value = []
      }
    }
    guard let spool else { return .bytes(value) }
    try spool.write(value)
    return .file(spool.path, isTemporary: true)
  }

  /// What comes from a pipe has no size before its end, and Git's ids begin with the size.
  private struct Spool {
    let path: String
    let handle: FileHandle

    init() throws {
      let template = FileManager.default.temporaryDirectory.path + "/irminsul-value-XXXXXX"
      var name = Array(template.utf8CString)
      let descriptor = mkstemp(&name)
      guard descriptor >= 0 else { throw ValueInput.unwritable(template, errno) }
      path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
      handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    func write(_ bytes: Bytes) throws {
      do {
        try handle.write(contentsOf: bytes)
      } catch {
        unlink(path)
        throw Failure(.io, "cannot write \"\(path)\": \(SystemReason.text(of: error))")
      }
    }
  }

  private static func unwritable(_ name: String, _ code: Int32) -> Failure {
    Failure(.io, "cannot write \"\(name)\": \(SystemReason.text(of: code))")
  }

  private static func unreadable(_ name: String, _ code: Int32) -> Failure {
    Failure(.io, "cannot read \(name): \(SystemReason.text(of: code))")
  }
}
