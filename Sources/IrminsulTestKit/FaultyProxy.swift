import Foundation
import RedisScripting

/// A port of this machine behind which a ``RedisServer`` stands: counts the commands that pass, and
/// cuts connections where a test asks for it.
///
/// The clients' TLS is not understood: the server behind must be plain.
public final class FaultyProxy: Sendable {
  /// Where a connection breaks.
  public enum Fault: Sendable, Equatable {
    case none
    /// After so many bytes from the server have passed on, the connection closes.
    case closesAfterReplyBytes(Int)
    /// After so many bytes from the server have passed on, nothing passes any more.
    case stallsAfterReplyBytes(Int)
    /// Commands pass, replies wait until another fault is set.
    case holdsReplies
    /// The command with this name, in upper case, reaches the server; its reply and all later ones
    /// do not, and the connection closes.
    case losesReplyTo(String)
  }

  private struct State {
    var sockets: [PlainSocket] = []
    var commands: [String: Int] = [:]
    var fault = Fault.none
    var passed = 0
    var connections = 0
  }

  /// The port that it listens on.
  public let port: Int

  private let listener: PlainSocket
  private let state = Locked(State())

  /// Starts to listen, in front of a server's Unix socket.
  public convenience init(of server: RedisServer) throws {
    try self.init(unixSocketPath: server.unixSocketPath)
  }

  public init(unixSocketPath: String) throws {
    (listener, port) = try PlainSocket.listening()
    Thread.detachNewThread { [listener, weak self] in
      while let client = listener.accepted() {
        guard let self else { return }
        guard let server = try? PlainSocket(unixPath: unixSocketPath) else {
          client.end()
          continue
        }
        self.state.withLock { state in
          state.sockets += [client, server]
          state.connections += 1
        }
        Thread.detachNewThread { self.passCommands(from: client, to: server) }
        Thread.detachNewThread { self.passReplies(from: server, to: client) }
      }
    }
  }

  deinit {
    listener.end()
  }

  /// The address for a client.
  public var url: String { "redis://127.0.0.1:\(port)" }

  /// How many commands of each name have passed.
  public var commandCounts: [String: Int] { state.withLock { $0.commands } }

  /// How many commands have passed.
  public var commandCount: Int { commandCounts.values.reduce(0, +) }

  /// How many connections were made so far.
  public var connectionCount: Int { state.withLock { $0.connections } }

  /// Forgets what has passed.
  public func resetCounts() {
    state.withLock { $0.commands = [:] }
  }

  /// Breaks connections from now on as told; bytes are counted from here.
  public func set(_ fault: Fault) {
    state.withLock { state in
      state.fault = fault
      state.passed = 0
    }
  }

  /// Closes every present connection.
  public func cutConnections() {
    let sockets = state.withLock { state in
      defer { state.sockets = [] }
      return state.sockets
    }
    for socket in sockets { socket.end() }
  }

  /// Closes everything and listens no more.
  public func stop() {
    set(.none)
    listener.end()
    cutConnections()
  }

  private func passCommands(from client: PlainSocket, to server: PlainSocket) {
    var requests = RequestReader()
    while true {
      let bytes = client.read()
      guard !bytes.isEmpty else { break }
      let names = requests.feed(bytes).compactMap { $0.first?.uppercased() }
      state.withLock { state in
        for name in names { state.commands[name, default: 0] += 1 }
        if case .losesReplyTo(let name) = state.fault, names.contains(name) {
          state.fault = .closesAfterReplyBytes(0)
          state.passed = 0
        }
      }
      guard server.write(bytes) else { break }
    }
    server.end()
  }

  private func passReplies(from server: PlainSocket, to client: PlainSocket) {
    while true {
      let bytes = server.read()
      guard !bytes.isEmpty else { break }
      while state.withLock({ $0.fault == .holdsReplies }) { Thread.sleep(forTimeInterval: 0.001) }
      let (share, mayGoOn) = state.withLock { state -> (Int, Bool) in
        defer { state.passed += bytes.count }
        switch state.fault {
        case .none, .losesReplyTo, .holdsReplies: return (bytes.count, true)
        case .closesAfterReplyBytes(let limit):
          let share = min(bytes.count, max(0, limit - state.passed))
          return (share, share == bytes.count)
        case .stallsAfterReplyBytes(let limit):
          return (min(bytes.count, max(0, limit - state.passed)), true)
        }
      }
      guard client.write(bytes.prefix(share)), mayGoOn else { break }
    }
    client.end()
    server.end()
  }
}
