import Foundation
import RedisScripting

/// A server on a port of this machine that misbehaves as told, for tests of clients.
///
/// Every connection is a thread that waits for some bytes and then does what ``Behaviour`` says.
public final class FaultyServer: Sendable {
  /// What happens on each connection, after the client has sent something.
  public enum Behaviour: Sendable {
    /// Reads everything and never says a word.
    case neverAnswers
    /// Says these bytes and closes.
    case saysAndCloses([UInt8])
    /// Says these bytes and then nothing more, with the connection open.
    case saysAndStalls([UInt8])
    /// Closes at once.
    case closes
    /// Answers each command, given as its words, with these bytes.
    case answers(@Sendable (_ words: [String]) -> [UInt8])
  }

  /// The port that it listens on.
  public let port: Int

  private let listener: PlainSocket
  private let peers = Locked<[PlainSocket]>([])

  /// Starts to listen.
  public init(_ behaviour: Behaviour) throws {
    (listener, port) = try PlainSocket.listening()
    Thread.detachNewThread { [listener, weak self] in
      while let peer = listener.accepted() {
        guard let self else { return }
        self.peers.withLock { $0.append(peer) }
        Thread.detachNewThread { Self.serve(peer, behaviour) }
      }
    }
  }

  deinit {
    stop()
  }

  /// How many connections were made so far.
  public var connectionCount: Int { peers.withLock { $0.count } }

  /// Ends all connections and refuses new ones.
  public func stop() {
    listener.end()
    for peer in peers.withLock({ $0 }) { peer.end() }
  }

  private static func serve(_ peer: PlainSocket, _ behaviour: Behaviour) {
    let first = peer.read()
    guard !first.isEmpty else { return }
    switch behaviour {
    case .neverAnswers: break
    case .closes: peer.end()
    case .saysAndCloses(let bytes):
      peer.write(bytes)
      peer.end()
    case .saysAndStalls(let bytes): peer.write(bytes)
    case .answers(let answer):
      var requests = RequestReader()
      var bytes = first
      while !bytes.isEmpty {
        for words in requests.feed(bytes) { peer.write(answer(words)) }
        bytes = peer.read()
      }
    }
    while !peer.read().isEmpty {}
  }
}
