import Foundation
import RedisScripting

/// A redis-server of this test alone, on a Unix socket in a folder of its own; commands go over one
/// blocking connection.
final class RealRedis {
  struct Unavailable: Error {}

  private let process = Process()
  private let folder: URL
  private var socket: Int32 = -1
  private var input: [UInt8] = []
  private var position = 0

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(
      path: "redis-\(UInt32.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let path = folder.appending(path: "s").path
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [
      "redis-server", "--port", "0", "--unixsocket", path, "--save", "", "--dir", folder.path,
      "--loglevel", "warning",
    ]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    for _ in 0..<500 {
      if connect(to: path) { break }
      usleep(10_000)
    }
    guard socket >= 0 else { throw Unavailable() }
  }

  deinit {
    if socket >= 0 { Foundation.close(socket) }
    // SIGTERM may be blocked in the thread that starts a process, and the process inherits that.
    // Nothing has started where there is no number, and 0 would stand for this process and its parents.
    if process.processIdentifier > 0 { kill(process.processIdentifier, SIGKILL) }
    try? FileManager.default.removeItem(at: folder)
  }

  func run(_ command: Command) throws -> Reply {
    var output = Bytes("*\(command.arguments.count)\r\n".utf8)
    for word in command.arguments {
      output += Bytes("$\(word.count)\r\n".utf8) + word + Bytes("\r\n".utf8)
    }
    var sent = 0
    while sent < output.count {
      let count = output.withUnsafeBytes {
        Foundation.write(socket, $0.baseAddress! + sent, output.count - sent)
      }
      guard count > 0 else { throw Unavailable() }
      sent += count
    }
    return try readReply()
  }

  private func connect(to path: String) -> Bool {
    let descriptor = Foundation.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Foundation.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    if result == 0 { socket = descriptor } else { Foundation.close(descriptor) }
    return result == 0
  }

  private func fill() throws {
    var chunk = [UInt8](repeating: 0, count: 65536)
    let count = Foundation.read(socket, &chunk, chunk.count)
    guard count > 0 else { throw Unavailable() }
    if position == input.count {
      input = []
      position = 0
    }
    input += chunk[..<count]
  }

  private func readLine() throws -> Bytes {
    while true {
      if let end = input[position...].firstIndex(of: 0x0d), end + 1 < input.count {
        let line = Bytes(input[position..<end])
        position = end + 2
        return line
      }
      try fill()
    }
  }

  private func readReply() throws -> Reply {
    let line = try readLine()
    let rest = String(decoding: line.dropFirst(), as: UTF8.self)
    switch line.first.map({ UnicodeScalar($0) }) {
    case "+": return .status(rest)
    case "-": return .error(ServerError(bytes: Bytes(line.dropFirst())))
    case ":": return .integer(Int64(rest) ?? 0)
    case "$":
      guard let length = Int(rest), length >= 0 else { return .null }
      while input.count - position < length + 2 { try fill() }
      let bytes = Bytes(input[position..<position + length])
      position += length + 2
      return .bytes(bytes)
    default:
      guard let count = Int(rest), count >= 0 else { return .null }
      return .array(try (0..<count).map { _ in try readReply() })
    }
  }
}

extension ScriptHost {
  /// The reply with an error as a value, as a client on the wire sees it.
  func answer(_ command: Command) async -> Reply {
    do {
      return try await run(command)
    } catch {
      if case .refused(_, _, let error) = error { return .error(error) }
      return .error(ServerError(code: "HOST", message: "\(error)"))
    }
  }
}

extension Reply {
  /// The beginning of the reply as text, for a failed expectation.
  var summary: String {
    switch self {
    case .bytes(let bytes): String(decoding: bytes.prefix(300), as: UTF8.self)
    case .error(let error): "(error) \(error)"
    case .array(let elements): "[\(elements.prefix(20).map(\.summary).joined(separator: ", "))]"
    default: "\(self)"
    }
  }
}

extension Command {
  /// `EVAL` with no keys.
  static func eval(_ source: String, _ arguments: String...) -> Command {
    Command(arguments: (["EVAL", source, "0"] + arguments).map { Bytes($0.utf8) })
  }
}
