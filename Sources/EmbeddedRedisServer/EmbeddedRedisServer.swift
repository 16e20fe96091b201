import EmbeddedRedis
import NIOCore
import NIOPosix
import RedisScripting

/// An ``EmbeddedHost`` for clients of any language: a socket that speaks RESP2 and, after HELLO 3, RESP3.
///
/// ```swift
/// let server = try await EmbeddedRedisServer.start(host, port: 6400)
/// print("redis-cli -p \(server.port)")
/// await server.stop()
/// ```
///
/// For tests and trials on one machine: there is no password, no persistence of its own and nobody to publish to. Every
/// connection may use what the host has, and besides that AUTH, HELLO, CLIENT, COMMAND, CONFIG, MULTI, EXEC, WATCH,
/// SELECT, QUIT and RESET. Blocking commands wait by looking every ten milliseconds; one whose client has gone takes
/// nothing. What is not there answers with an error that names it. `file:` stores have one database, whose keys cannot
/// be watched.
public final class EmbeddedRedisServer: Sendable {
  /// Why a server did not start.
  public struct StartError: Error, CustomStringConvertible {
    public let address: String
    public let reason: String

    public var description: String {
      "cannot listen at \(address): \(reason)\nChoose another port, or end what uses it."
    }
  }

  /// The port that it listens at; chosen by the system when 0 was asked for.
  public let port: Int

  private let host: EmbeddedHost
  private let channel: any Channel
  private let accepting: Task<Void, Never>

  private typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

  private init(host: EmbeddedHost, listener: NIOAsyncChannel<Connection, Never>) {
    self.host = host
    channel = listener.channel
    port = listener.channel.localAddress?.port ?? 0
    accepting = Task {
      // Ends when the listener closes; its connections are cancelled then.
      let settings = ServerSettings(host: host)
      let clients = ConnectedClients()
      var id = 0
      try? await listener.executeThenClose { connections in
        await withTaskGroup(of: Void.self) { group in
          do {
            for try await connection in connections {
              id += 1
              let channel = connection.channel
              let client = ConnectedClient(
                id: id, address: Self.text(channel.remoteAddress),
                localAddress: Self.text(channel.localAddress)
              ) { channel.close(promise: nil) }
              clients.add(client)
              let session = ClientSession(
                host: host, settings: settings, client: client, clients: clients
              ) { !channel.isActive }
              group.addTask { await Self.serve(connection, session) }
            }
          } catch {
            // The listener has failed: nobody comes any more.
          }
          group.cancelAll()
        }
      }
    }
  }

  /// Listens at a port of this machine.
  ///
  /// - Parameters:
  ///   - host: What the clients work on; it stays open when the server stops.
  ///   - address: Where to listen; only this machine unless told otherwise.
  ///   - port: The port, or 0 for a free one.
  /// - Throws: ``StartError`` when the port is taken.
  public static func start(
    _ host: EmbeddedHost, address: String = "127.0.0.1", port: Int = 0
  ) async throws(StartError) -> EmbeddedRedisServer {
    do {
      let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
        .bind(host: address, port: port) { channel in
          channel.eventLoop.makeCompletedFuture {
            try Connection(wrappingChannelSynchronously: channel)
          }
        }
      return EmbeddedRedisServer(host: host, listener: listener)
    } catch {
      throw StartError(address: "\(address):\(port)", reason: "\(error)")
    }
  }

  /// Closes the port and every connection.
  public func stop() async {
    accepting.cancel()
    try? await channel.close()
    await accepting.value
  }

  private static func text(_ address: SocketAddress?) -> String {
    guard let ip = address?.ipAddress, let port = address?.port else { return "" }
    return ip.contains(":") ? "[\(ip)]:\(port)" : "\(ip):\(port)"
  }

  private static func serve(_ connection: Connection, _ session: ClientSession) async {
    var session = session
    await talk(connection, &session)
    await session.cleanUp()
  }

  private static func talk(_ connection: Connection, _ session: inout ClientSession) async {
    try? await connection.executeThenClose { inbound, outbound in
      var parser = RequestParser(largestWord: session.host.maximumValueSize)
      for try await buffer in inbound {
        parser.append(buffer.readableBytesView)
        var output: Bytes = []
        do throws(RequestParser.Failure) {
          while !session.isOver, let words = try parser.next() {
            guard !words.isEmpty else { continue }
            output += await session.answer(Command(arguments: words))
          }
        } catch {
          output += WireReply.encode(
            .error(ServerError(reply: error.message)), session.client.version)
          session.end()
        }
        if session.isCutOff { break }
        if !output.isEmpty { try await outbound.write(ByteBuffer(bytes: output)) }
        if session.isOver { break }
      }
    }
  }
}
