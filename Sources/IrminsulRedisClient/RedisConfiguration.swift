#if Redis
  /// Which server a ``RedisHost`` talks to, and how patiently.
  ///
  /// ```swift
  /// var configuration = try RedisConfiguration(
  ///   url: "rediss://app@db.example:6380/2?cacert=/etc/ssl/redis-ca.pem&timeout=10s",
  ///   environment: ["IRMINSUL_REDIS_PASSWORD": "…"])
  /// configuration.connections = 3
  /// ```
  public struct RedisConfiguration: Sendable, Hashable {
    /// Where the server listens.
    public enum Endpoint: Sendable, Hashable {
      case tcp(host: String, port: Int)
      case unixSocket(path: String)
    }

    /// How much of the server's certificate is checked.
    public enum Verification: String, Sendable, Hashable, CaseIterable {
      /// The chain and the host name.
      case full
      /// The chain; the certificate may be for another host name.
      case hostnameOff = "hostname-off"
      /// Nothing: anybody on the way can read and change everything.
      case none
    }

    /// Files and checks of a TLS connection. The files are PEM.
    public struct TLS: Sendable, Hashable {
      /// Certificates of the authorities to trust; nil trusts those of the system.
      public var authorityFile: String?
      /// This client's certificate chain, for servers that ask for one.
      public var certificateFile: String?
      /// The private key of `certificateFile`.
      public var keyFile: String?
      public var verification: Verification

      public init(
        authorityFile: String? = nil, certificateFile: String? = nil, keyFile: String? = nil,
        verification: Verification = .full
      ) {
        self.authorityFile = authorityFile
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        self.verification = verification
      }
    }

    public var endpoint: Endpoint
    /// nil for a plain connection.
    public var tls: TLS?
    /// The ACL user; nil is the server's `default`.
    public var user: String?
    public var password: Secret?
    /// The number that SELECT is given.
    public var database = 0
    /// The store's name from `?name=`.
    public var storeName: String? = "irminsul"
    /// The query items that concern the store and not the connection, of ``storeOptionNames``.
    public var storeOptions: [String: String] = [:]
    /// What CLIENT LIST shows. No spaces.
    public var clientName = "irminsul"

    /// The longest that a call waits for a connection: TCP, TLS, AUTH and SELECT together.
    public var connectTimeout: Duration = .seconds(5)
    /// The longest that a call may take, waiting in the queue included.
    public var commandTimeout: Duration = .seconds(30)
    /// A connection that nothing used for so long is closed, and opened again by the next call;
    /// nil keeps it open.
    public var idleTimeout: Duration?
    /// Connections for calls; each watched stream has one more. With two or more, the last one is for
    /// calls of 64 KiB or more, so that these do not hold up the others.
    public var connections = 2
    /// The most calls that one connection has accepted and not answered; more are suspended.
    public var maximumQueuedCommands = 16_384
    /// The most bytes of such calls. A single call that is larger is accepted alone.
    public var maximumQueuedBytes = 64 << 20
    /// The shortest and the longest pause before another attempt to connect. The pause doubles with
    /// each failure, and between half and all of it is waited, by chance.
    public var backoff: ClosedRange<Duration> = .milliseconds(50)...(.seconds(2))
    /// The largest argument that the server takes (`proto-max-bulk-len`).
    public var maximumValueSize = 512 << 20

    /// The query items of a URL that are kept in ``storeOptions``.
    public static let storeOptionNames = ["name", "hash", "layout", "evict"]

    public init(endpoint: Endpoint) {
      self.endpoint = endpoint
    }

    /// The server as a URL without its password, for messages.
    public var location: String {
      let account = user.map { "\($0)@" } ?? ""
      switch endpoint {
      case .tcp(let host, let port):
        let name = host.contains(":") ? "[\(host)]" : host
        return "\(tls == nil ? "redis" : "rediss")://\(account)\(name):\(port)"
          + (database == 0 ? "" : "/\(database)")
      case .unixSocket(let path):
        return "redis+unix://\(account)\(path)" + (database == 0 ? "" : "?db=\(database)")
      }
    }
  }

  extension RedisConfiguration: CustomStringConvertible {
    public var description: String { location }
  }
#endif
