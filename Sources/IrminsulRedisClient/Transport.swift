#if Redis
  import NIOCore
  import NIOPosix
  import RedisScripting

  #if canImport(FoundationEssentials)
    import FoundationEssentials
  #else
    import Foundation
  #endif
  #if canImport(Glibc)
    import Glibc
  #elseif canImport(Musl)
    import Musl
  #endif

  /// How bytes get to the server: TCP or a Unix socket, plain or in TLS.
  struct Transport: Sendable {
    let endpoint: RedisConfiguration.Endpoint
    let location: String
    let connectTimeout: Duration
    let isTLS: Bool
    #if TLS
      private let security: TLSSecurity?
    #endif

    /// Reads the certificate files of a configuration.
    ///
    /// - Throws: `HostError.invalidConfiguration` naming the file that cannot be used.
    init(_ configuration: RedisConfiguration) throws(HostError) {
      endpoint = configuration.endpoint
      location = configuration.location
      connectTimeout = configuration.connectTimeout
      isTLS = configuration.tls != nil
      #if TLS
        if let settings = configuration.tls, case .tcp(let host, _) = configuration.endpoint {
          security = try TLSSecurity(settings, host: host)
        } else {
          security = nil
        }
      #else
        if configuration.tls != nil {
          throw .invalidConfiguration(
            reason: "rediss:// needs TLS, which this program was built without: "
              + "build it with the package trait TLS")
        }
      #endif
    }

    /// Opens a channel whose pipeline ends with what `addHandlers` adds.
    func connect(
      on loop: any EventLoop, _ addHandlers: @escaping @Sendable (any Channel) throws -> Void
    ) -> EventLoopFuture<any Channel> {
      let bootstrap = ClientBootstrap(group: loop)
        .channelOption(.socketOption(.so_keepalive), value: 1)
        .channelOption(
          .writeBufferWaterMark, value: .init(low: 256 << 10, high: 1 << 20)
        )
        .connectTimeout(TimeAmount(connectTimeout))
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            #if TLS
              if let security { try channel.pipeline.syncOperations.addHandler(security.handler()) }
            #endif
            try addHandlers(channel)
          }
        }
      switch endpoint {
      case .tcp(let host, let port):
        return bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1)
          .connect(host: host, port: port)
      case .unixSocket(let path): return bootstrap.connect(unixDomainSocketPath: path)
      }
    }

    /// Why no connection could be made, with what to do about it.
    func failure(for error: any Error) -> OpeningFailure {
      #if TLS
        if let failure = security?.failure(for: error, at: location) { return failure }
      #endif
      let remedy: String
      switch endpoint {
      case .tcp: remedy = "Is the server running there? Check host, port and firewall."
      case .unixSocket(let path): remedy = "Is the server running, and is its unixsocket \(path)?"
      }
      return OpeningFailure(
        .unreachable(location: location, reason: reason(of: error), remedy: remedy),
        isLasting: false)
    }

    /// What went wrong, in one line.
    func reason(of error: any Error) -> String {
      switch error {
      case let error as IOError: return String(cString: strerror(error.errnoCode))
      case let error as NIOConnectionError:
        if let failure = error.connectionErrors.last {
          return reason(of: failure.error)
        }
        return "the host name \(error.host) is not known"
      case ChannelError.connectTimeout:
        return "no connection within \(connectTimeout)"
      case is SocketAddressError: return "the address cannot be used (\(error))"
      default: return "\(error)"
      }
    }
  }
#endif
