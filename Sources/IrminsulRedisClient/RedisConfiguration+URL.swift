#if Redis
  import RedisScripting

  #if canImport(FoundationEssentials)
    import FoundationEssentials
  #else
    import Foundation
  #endif

  extension RedisConfiguration {
    /// The environment variable that holds a password.
    public static let passwordVariable = "IRMINSUL_REDIS_PASSWORD"
    /// The environment variable that names a file holding a password.
    public static let passwordFileVariable = "IRMINSUL_REDIS_PASSWORD_FILE"

    /// Reads a URL of the form `redis://user:password@host:port/db?item=value`.
    ///
    /// - `rediss://` is TLS, `redis+unix:///path/of/socket?db=2` a Unix socket.
    /// - `cacert`, `cert`, `key`: PEM files; `verify`: `full`, `hostname-off` or `none` (TLS only).
    /// - `password-file`: a file whose text, without the newline at its end, is the password.
    /// - `connect-timeout`, `timeout`, `idle-timeout`, `backoff-min`, `backoff-max`: `500ms`, `5s`,
    ///   `2m` or seconds; `idle-timeout=off` keeps connections open.
    /// - `connections`, `queue-commands`, `queue-bytes` (`64k`, `8m`, `1g`), `client-name`, `db`.
    /// - ``storeOptionNames`` are kept for the store.
    ///
    /// The password is the URL's, else that of `password-file`, of `IRMINSUL_REDIS_PASSWORD`, or of
    /// the file that `IRMINSUL_REDIS_PASSWORD_FILE` names. Everything may be percent-encoded; in
    /// user names and passwords `/ ? # @ : %` must be.
    ///
    /// - Parameters:
    ///   - environment: The variables to look into, as `ProcessInfo.processInfo.environment` has them.
    /// - Throws: `HostError.invalidConfiguration`, which never shows a part of the URL that may be
    ///   a secret.
    public init(url: String, environment: [String: String]) throws(HostError) {
      let parts = try RedisURL(url)
      switch parts.scheme {
      case "redis", "rediss":
        guard !parts.host.isEmpty else {
          throw .invalidConfiguration(reason: "the Redis URL names no host: redis://HOST:PORT/DB")
        }
        self.init(endpoint: .tcp(host: parts.host, port: parts.port ?? 6379))
        if parts.scheme == "rediss" { tls = TLS() }
        let path = parts.path.drop { $0 == "/" }
        if !path.isEmpty { database = try Self.database(path) }
      case "redis+unix":
        guard parts.host.isEmpty, parts.port == nil, parts.path.count > 1 else {
          throw .invalidConfiguration(
            reason: "a Unix socket's URL has three slashes and a path: redis+unix:///run/redis.sock"
          )
        }
        self.init(endpoint: .unixSocket(path: parts.path))
      default:
        throw .invalidConfiguration(
          reason: "a Redis URL begins with redis://, rediss:// or redis+unix://")
      }
      user = parts.user.flatMap { $0.isEmpty ? nil : $0 }
      password = parts.password.flatMap { $0.isEmpty ? nil : Secret($0) }
      for (name, value) in parts.items { try set(name, value) }
      guard backoff.lowerBound > .zero else {
        throw .invalidConfiguration(reason: "backoff-min must be more than nothing")
      }
      guard (tls?.certificateFile == nil) == (tls?.keyFile == nil) else {
        throw .invalidConfiguration(
          reason: "cert and key of a Redis URL belong together: give both")
      }
      if password == nil { password = try Self.password(in: environment) }
      if user != nil, password == nil {
        throw .invalidConfiguration(
          reason: "the Redis URL names a user but there is no password: give it in the URL, "
            + "by password-file=PATH or in \(Self.passwordVariable)")
      }
    }

    private mutating func set(_ name: String, _ value: String) throws(HostError) {
      switch name {
      case "cacert", "cert", "key", "verify": try setTLS(name, value)
      case "password-file":
        guard password == nil else {
          throw .invalidConfiguration(
            reason: "the Redis URL has a password and a password-file: leave one of them out")
        }
        password = try Self.password(file: value, namedBy: "password-file")
      case "db": database = try Self.database(value[...])
      case "client-name":
        guard !value.isEmpty, value.utf8.allSatisfy({ (33...126).contains($0) }) else {
          throw Self.invalid(name, "printable ASCII without spaces")
        }
        clientName = value
      case "connect-timeout": connectTimeout = try Self.duration(name, value)
      case "timeout": commandTimeout = try Self.duration(name, value)
      case "idle-timeout": idleTimeout = value == "off" ? nil : try Self.duration(name, value)
      case "backoff-min":
        let least = try Self.duration(name, value)
        backoff = least...max(least, backoff.upperBound)
      case "backoff-max":
        let most = try Self.duration(name, value)
        backoff = min(most, backoff.lowerBound)...most
      case "connections": connections = try Self.number(name, value, in: 1...64)
      case "queue-commands":
        maximumQueuedCommands = try Self.number(name, value, in: 1...10_000_000)
      case "queue-bytes": maximumQueuedBytes = try Self.size(name, value)
      case _ where Self.storeOptionNames.contains(name):
        storeOptions[name] = value
        if name == "name" { storeName = value }
      default:
        throw .invalidConfiguration(reason: "a Redis URL has no item \"\(name)\"")
      }
    }

    private mutating func setTLS(_ name: String, _ value: String) throws(HostError) {
      guard var settings = tls else {
        throw .invalidConfiguration(reason: "\"\(name)\" is for TLS: write rediss:// to use TLS")
      }
      guard !value.isEmpty else { throw Self.invalid(name, "a value") }
      switch name {
      case "cacert": settings.authorityFile = value
      case "cert": settings.certificateFile = value
      case "key": settings.keyFile = value
      default:
        guard let verification = Verification(rawValue: value) else {
          let names = Verification.allCases.map(\.rawValue).joined(separator: ", ")
          throw Self.invalid(name, "one of \(names)")
        }
        settings.verification = verification
      }
      tls = settings
    }

    private static func invalid(_ item: String, _ expected: String) -> HostError {
      .invalidConfiguration(reason: "\"\(item)\" of the Redis URL must be \(expected)")
    }

    private static func database(_ text: Substring) throws(HostError) -> Int {
      guard let number = Int(text), number >= 0 else {
        throw .invalidConfiguration(
          reason: "the database of a Redis URL must be a number from 0 on")
      }
      return number
    }

    private static func number(
      _ item: String, _ text: String, in range: ClosedRange<Int>
    ) throws(HostError) -> Int {
      guard let number = Int(text), range.contains(number) else {
        throw invalid(item, "a number from \(range.lowerBound) to \(range.upperBound)")
      }
      return number
    }

    private static func size(_ item: String, _ text: String) throws(HostError) -> Int {
      let units: [Character: Int] = ["k": 10, "m": 20, "g": 30]
      let shift = text.lowercased().last.flatMap { units[$0] }
      let digits = shift == nil ? text[...] : text.dropLast()
      guard let number = Int(digits), (1...1 << 32).contains(number) else {
        throw invalid(item, "a size such as 8388608, 8192k or 8m")
      }
      return number << (shift ?? 0)
    }

    private static func duration(_ item: String, _ text: String) throws(HostError) -> Duration {
      let units: [(suffix: String, milliseconds: Int)] = [("ms", 1), ("s", 1000), ("m", 60_000)]
      let unit = units.first { text.hasSuffix($0.suffix) }
      guard let number = Int(text.dropLast(unit?.suffix.count ?? 0)),
        (1...10_000_000).contains(number)
      else { throw invalid(item, "a time such as 500ms, 5s or 2m") }
      return .milliseconds(number * (unit?.milliseconds ?? 1000))
    }

    private static func password(in environment: [String: String]) throws(HostError) -> Secret? {
      if let text = environment[passwordVariable], !text.isEmpty { return Secret(text) }
      guard let path = environment[passwordFileVariable], !path.isEmpty else { return nil }
      return try password(file: path, namedBy: passwordFileVariable)
    }

    private static func password(file path: String, namedBy source: String) throws(HostError)
      -> Secret
    {
      guard let data = FileManager.default.contents(atPath: path) else {
        throw .invalidConfiguration(
          reason: "the password file \(path), which \(source) names, cannot be read")
      }
      guard var text = String(validating: data, as: UTF8.self) else {
        throw .invalidConfiguration(reason: "the password file \(path) is not UTF-8 text")
      }
      while text.last?.isNewline == true { text.removeLast() }
      guard !text.isEmpty else {
        throw .invalidConfiguration(reason: "the password file \(path) is empty")
      }
      return Secret(text)
    }
  }
#endif
