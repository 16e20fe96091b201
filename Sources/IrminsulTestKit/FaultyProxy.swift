import Foundation
import RedisScripting

/// A port of this machine behind which a ``RedisServer`` stands: counts the commands that pass, and
/// cuts connections where a test asks for it.
///
/// The clients' TLS is not understood: the server behind must be plain.
public final class FaultyProxy: Sendable {
  /// Where a connection breaks.
  public enum Fault: Sendable, Equatable {
    /// The command with this number, counted from 0 over all connections, does not reach the server, and its
    /// connection closes; later connections are sound.
    case cutsBeforeCommand(Int)
    /// That command is done, and its reply is lost with the connection; later connections are sound.
    case cutsAfterCommand(Int)
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
    /// Commands since the fault was set.
    var numbered = 0
    var action: @Sendable () -> Void = {}
    var roundTrips = 0
    var delay = 0.0
    /// Whether the last thing that passed was a reply, or nothing has.
    var isAnswered = true
  }

  /// What the two directions of a connection know of each other.
  private final class Link: Sendable {
    struct Counts {
      var commands = 0
      /// The reply that does not arrive, counted from 1.
      var lostReply: Int?
    }
    let counts = Locked(Counts())
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
        let link = Link()
        Thread.detachNewThread { self.passCommands(from: client, to: server, link) }
        Thread.detachNewThread { self.passReplies(from: server, to: client, link) }
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

  /// How often a client has sent something after it had got the replies to all that it had sent before: round trips,
  /// those of the greeting among them. Of one client, or several that take turns. What is sent at once is only seen as
  /// such where replies take a while: see ``delayReplies(by:)``.
  public var roundTripCount: Int { state.withLock { $0.roundTrips } }

  /// Whether the fault that was set last, of those that befall one command, has come.
  public var hasCut: Bool { state.withLock { $0.fault == .none } }

  /// How many connections were made so far.
  public var connectionCount: Int { state.withLock { $0.connections } }

  /// Forgets what has passed.
  public func resetCounts() {
    state.withLock { state in
      state.commands = [:]
      state.roundTrips = 0
      state.isAnswered = true
    }
  }

  /// Breaks connections from now on as told; bytes and commands are counted from here.
  ///
  /// - Parameters:
  ///   - fault: When they break.
  ///   - action: What happens when one is cut at a command, before the client sees it.
  public func set(_ fault: Fault, action: @escaping @Sendable () -> Void = {}) {
    state.withLock { state in
      state.fault = fault
      state.passed = 0
      state.numbered = 0
      state.action = action
    }
  }

  /// Lets each piece of a reply arrive so many seconds later, as on a long way.
  public func delayReplies(by seconds: Double) {
    state.withLock { $0.delay = seconds }
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

  private enum Verdict {
    case passes
    case isCut(@Sendable () -> Void)
    case losesItsReply
  }

  private func judge(_ name: String) -> Verdict {
    state.withLock { state in
      defer { state.numbered += 1 }
      if state.isAnswered { state.roundTrips += 1 }
      state.isAnswered = false
      state.commands[name, default: 0] += 1
      switch state.fault {
      case .losesReplyTo(name):
        state.fault = .closesAfterReplyBytes(0)
        state.passed = 0
        return .passes
      case .cutsBeforeCommand(state.numbered):
        state.fault = .none
        return .isCut(state.action)
      case .cutsAfterCommand(state.numbered):
        state.fault = .none
        return .losesItsReply
      default: return .passes
      }
    }
  }

  private func passCommands(from client: PlainSocket, to server: PlainSocket, _ link: Link) {
    var reader = RequestReader()
    reading: while true {
      let bytes = client.read()
      guard !bytes.isEmpty else { break }
      for request in reader.requests(bytes) {
        let verdict = judge(request.words.first?.uppercased() ?? "")
        if case .isCut(let action) = verdict {
          action()
          client.end()
          break reading
        }
        link.counts.withLock { counts in
          counts.commands += 1
          if case .losesItsReply = verdict { counts.lostReply = counts.commands }
        }
        guard server.write(request.bytes) else { break reading }
      }
    }
    server.end()
  }

  private func passReplies(from server: PlainSocket, to client: PlainSocket, _ link: Link) {
    var unread: [UInt8] = []
    var replies = 0
    while true {
      var bytes = server.read()
      guard !bytes.isEmpty else { break }
      while state.withLock({ $0.fault == .holdsReplies }) { Thread.sleep(forTimeInterval: 0.001) }
      let (share, mayGoOn) = state.withLock { state -> (Int, Bool) in
        defer { state.passed += bytes.count }
        switch state.fault {
        case .closesAfterReplyBytes(let limit):
          let share = min(bytes.count, max(0, limit - state.passed))
          return (share, share == bytes.count)
        case .stallsAfterReplyBytes(let limit):
          return (min(bytes.count, max(0, limit - state.passed)), true)
        default: return (bytes.count, true)
        }
      }
      let delay = state.withLock(\.delay)
      if delay > 0 { Thread.sleep(forTimeInterval: delay) }
      unread += bytes
      var isLost = false
      while let length = RawRedisClient.length(of: unread[...]) {
        replies += 1
        unread.removeFirst(length)
        let (commands, lost) = link.counts.withLock { ($0.commands, $0.lostReply) }
        if replies == commands { state.withLock { $0.isAnswered = true } }
        if replies == lost { isLost = true }
      }
      if isLost {
        state.withLock(\.action)()
        break
      }
      bytes = Array(bytes.prefix(share))
      guard client.write(bytes), mayGoOn else { break }
    }
    client.end()
    server.end()
  }
}
