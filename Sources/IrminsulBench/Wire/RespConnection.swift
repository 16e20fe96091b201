import IrminsulTestKit
import RedisScripting

/// A blocking connection to a Redis server: commands gather, one write sends them, replies are read
/// one by one. Used by one thread at a time.
final class RespConnection {
  /// When a command that was added goes out.
  enum Pacing {
    /// With the next flush, together with all others.
    case pipelined
    /// At once; its reply is waited for before the next one goes.
    case oneByOne
  }

  var pacing = Pacing.pipelined
  /// How often commands were sent whose replies had to be waited for.
  private(set) var roundTrips = 0
  private let socket: PlainSocket
  /// Replies of commands that went one by one.
  private var early: [Reply] = []
  private var request = RespRequest()
  private var input = [UInt8](repeating: 0, count: 64 << 10)
  private var start = 0
  private var end = 0

  init(_ socket: PlainSocket) {
    self.socket = socket
  }

  deinit {
    socket.end()
  }

  // MARK: Commands

  /// Adds a command to those that the next ``flush()`` sends.
  func add(_ words: Bytes...) throws {
    request.append(words)
    guard pacing == .oneByOne else { return }
    try flush()
    early.append(try read())
  }

  /// Sends the commands that were added, in one write.
  func flush() throws {
    if request.count == 0 { return }
    roundTrips += 1
    guard request.bytes.withUnsafeBytes({ socket.write($0) }) else { throw Self.closed }
    request.removeAll()
  }

  /// Sends bytes that are commands already.
  func send(_ bytes: UnsafeRawBufferPointer) throws {
    guard socket.write(bytes) else { throw Self.closed }
  }

  /// Sends one command and reads its reply.
  ///
  /// - Throws: ``BenchError`` for an error reply.
  @discardableResult
  func call(_ words: [String]) throws -> Reply {
    try call(words.map { Bytes($0.utf8) })
  }

  @discardableResult
  func call(_ words: [Bytes]) throws -> Reply {
    request.append(words)
    try flush()
    return try accepted()
  }

  // MARK: Replies

  /// The next reply.
  func reply() throws -> Reply {
    early.isEmpty ? try read() : early.removeFirst()
  }

  private func read() throws -> Reply {
    while true {
      var place = start
      let reply = try input.withUnsafeBytes {
        try RespParser.reply(UnsafeRawBufferPointer(rebasing: $0[..<end]), &place)
      }
      if let reply {
        start = place
        return reply
      }
      try receive()
    }
  }

  /// The next reply, which must not be an error.
  @discardableResult
  func accepted() throws -> Reply {
    let reply = try reply()
    if case .error(let error) = reply { throw BenchError("the server refused: \(error)") }
    return reply
  }

  /// Waits for the next replies and passes each that is complete to `body`, as bytes.
  ///
  /// - Returns: How many there were, at least one.
  func takeReplies(_ body: (UnsafeRawBufferPointer) throws -> Void) throws -> Int {
    var count = 0
    while true {
      try input.withUnsafeBytes { bytes in
        let bytes = UnsafeRawBufferPointer(rebasing: bytes[..<end])
        var place = start
        while try RespParser.skip(bytes, &place) {
          try body(UnsafeRawBufferPointer(rebasing: bytes[start..<place]))
          start = place
          count += 1
        }
      }
      if count > 0 { return count }
      try receive()
    }
  }

  private func receive() throws {
    if start == end {
      (start, end) = (0, 0)
    } else if start > 0, end == input.count {
      input.replaceSubrange(0..<(end - start), with: input[start..<end])
      (start, end) = (0, end - start)
    }
    if end == input.count { input += [UInt8](repeating: 0, count: input.count) }
    let count = input.withUnsafeMutableBytes {
      socket.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[end...]))
    }
    guard count > 0 else { throw Self.closed }
    end += count
  }

  private static let closed = BenchError("the server closed the connection")
}
