import Foundation
import RedisScripting

/// A private `redis-server` in a folder of its own, for tests and benchmarks.
///
/// ```swift
/// let server = try await RedisServer.start(RedisServer.Options(password: "secret"))
/// let store = try await Repository.open(server.url)
/// try await server.kill()
/// try await server.restart()
/// ```
///
/// It ends, and its folder goes, with ``stop()``, with the last reference, or with this process,
/// however that ends.
public final class RedisServer: Sendable {
  /// How the server is set up.
  public struct Options: Sendable {
    /// Where the server listens besides the Unix socket that it always has.
    public enum Listening: Sendable {
      case tcp
      /// TCP with TLS, certificates of an authority made for this server.
      case tls(clientCertificate: ClientCertificate = .notAsked)
      case unixSocketOnly
    }

    /// Whether a TLS client must show a certificate.
    public enum ClientCertificate: Sendable {
      case notAsked
      case required
    }

    /// How much of a crash the data survives.
    public enum Durability: Sendable {
      /// Everything is lost.
      case none
      /// Every acknowledged write is on the disk: an append-only file, `appendfsync always`.
      case everyWrite
    }

    public var listening: Listening
    /// The password of the `default` user.
    public var password: String?
    /// ACL rules by user name, such as `["app": "on >pass ~* +@all"]`.
    public var users: [String: String]
    public var durability: Durability
    /// Such as `64mb`.
    public var maximumMemory: String?
    /// The port on this machine of the master that this server is a replica of.
    public var replicaOfPort: Int?
    /// The names in the TLS certificate, as openssl's subjectAltName has them.
    public var certificateNames: String
    /// More lines of redis.conf.
    public var extraLines: [String]
    /// The program; a name is looked up in PATH.
    public var program: String

    public init(
      listening: Listening = .tcp, password: String? = nil, users: [String: String] = [:],
      durability: Durability = .none, maximumMemory: String? = nil, replicaOfPort: Int? = nil,
      certificateNames: String = "DNS:localhost,IP:127.0.0.1",
      extraLines: [String] = [], program: String = "redis-server"
    ) {
      self.listening = listening
      self.password = password
      self.users = users
      self.durability = durability
      self.maximumMemory = maximumMemory
      self.replicaOfPort = replicaOfPort
      self.certificateNames = certificateNames
      self.extraLines = extraLines
      self.program = program
    }
  }

  private struct Running {
    var process: Process
    var watchdog: Process
    var watchdogInput: Pipe
  }

  public let options: Options
  /// The folder with data, log, configuration and certificates.
  public let folder: String
  /// The Unix socket, which is always there.
  public let unixSocketPath: String
  /// The TCP port; nil with ``Options/Listening/unixSocketOnly``.
  public let port: Int?
  /// The files of TLS; nil without it.
  public let certificates: TestCertificates?

  private let running = Locked<Running?>(nil)

  /// Starts a server and waits until it answers.
  ///
  /// - Throws: ``FixtureError`` with the end of the server's log.
  public static func start(_ options: Options = Options()) async throws -> RedisServer {
    // Another process may take the free port before the server does.
    for _ in 0..<4 {
      if let server = try? await RedisServer(options).started() { return server }
    }
    return try await RedisServer(options).started()
  }

  private init(_ options: Options) throws {
    self.options = options
    // Socket paths are short: the usual temporary folder may be too deep for them.
    let folder = "/tmp/irminsul-redis-\(UUID().uuidString.prefix(13).lowercased())"
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    self.folder = folder
    unixSocketPath = "\(folder)/s"
    switch options.listening {
    case .unixSocketOnly:
      port = nil
      certificates = nil
    case .tcp:
      port = try PlainSocket.listening().port
      certificates = nil
    case .tls:
      port = try PlainSocket.listening().port
      certificates = try TestCertificates(
        folder: "\(folder)/tls", names: options.certificateNames)
    }
    try configurationText().write(
      toFile: "\(folder)/redis.conf", atomically: true, encoding: .utf8)
  }

  deinit {
    stop()
  }

  // MARK: Where it is

  /// A URL for clients, with the password of the default user if there is one.
  public var url: String {
    url(user: nil, password: options.password)
  }

  /// A URL with another user's credentials, or none.
  public func url(user: String?, password: String?) -> String {
    let account = password.map { "\(user ?? ""):\($0)@" } ?? ""
    switch options.listening {
    case .unixSocketOnly: return "redis+unix://\(account)\(unixSocketPath)"
    case .tcp: return "redis://\(account)127.0.0.1:\(port ?? 0)"
    case .tls:
      return "rediss://\(account)localhost:\(port ?? 0)?cacert=\(certificates?.authorityFile ?? "")"
    }
  }

  // MARK: Life

  /// Ends the server, waits for it and removes its folder. May be called again.
  public func stop() {
    end(by: SIGKILL)
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// Ends the server as a crash would, with SIGKILL, and keeps its data.
  public func kill() {
    end(by: SIGKILL)
  }

  /// Ends the server in good order with SIGTERM, and keeps its data.
  public func shutdown() {
    end(by: SIGTERM)
  }

  /// Starts the server again, on the same port and data, ending it first if it runs.
  public func restart() async throws {
    kill()
    _ = try await started()
  }

  /// Stops the process without ending it (SIGSTOP): it keeps its connections and never answers.
  public func freeze() {
    signal(SIGSTOP)
  }

  /// Lets a frozen server go on.
  public func thaw() {
    signal(SIGCONT)
  }

  // MARK: Questions

  /// Sends a command over the Unix socket, as the default user, on a connection of its own.
  ///
  /// - Returns: The reply's raw bytes as text, RESP markers included.
  /// - Throws: ``FixtureError`` when the server is not there.
  @discardableResult
  public func command(_ words: String...) throws -> String {
    let client = try RawRedisClient(unixPath: unixSocketPath, password: options.password)
    return try client.command(words)
  }

  /// How often the server has run a command, by INFO commandstats: `"evalsha"`, or `"script|load"`
  /// for a subcommand. Commands that a script calls are counted under their own names.
  public func commandCount(of name: String) throws -> Int {
    try commandCounts()[name.lowercased()] ?? 0
  }

  /// How often the server has run each command since it started.
  public func commandCounts() throws -> [String: Int] {
    var counts: [String: Int] = [:]
    for line in try command("INFO", "commandstats").split(whereSeparator: \.isNewline) {
      let prefix = "cmdstat_"
      guard line.hasPrefix(prefix), let colon = line.firstIndex(of: ":"),
        let calls = line[colon...].dropFirst().split(separator: ",").first,
        let count = Int(calls.dropFirst("calls=".count))
      else { continue }
      counts[String(line[..<colon].dropFirst(prefix.count))] = count
    }
    return counts
  }

  /// The end of the server's log.
  public var log: String {
    let text = (try? String(contentsOfFile: "\(folder)/log", encoding: .utf8)) ?? ""
    return String(text.suffix(2000))
  }

  // MARK: Private

  private func configurationText() -> String {
    var lines = [
      "dir \(folder)", "logfile \(folder)/log", "unixsocket \(unixSocketPath)", "daemonize no",
      "bind 127.0.0.1", "save \"\"", "databases 16",
    ]
    switch options.listening {
    case .unixSocketOnly: lines.append("port 0")
    case .tcp: lines.append("port \(port ?? 0)")
    case .tls(let clientCertificate):
      lines += ["port 0", "tls-port \(port ?? 0)"]
      if let certificates {
        lines += [
          "tls-cert-file \(certificates.serverCertificateFile)",
          "tls-key-file \(certificates.serverKeyFile)",
          "tls-ca-cert-file \(certificates.authorityFile)",
        ]
      }
      switch clientCertificate {
      case .notAsked: lines.append("tls-auth-clients no")
      case .required: lines.append("tls-auth-clients yes")
      }
    }
    if let password = options.password { lines.append("requirepass \"\(password)\"") }
    for (name, rules) in options.users.sorted(by: { $0.key < $1.key }) {
      lines.append("user \(name) \(rules)")
    }
    switch options.durability {
    case .none: lines.append("appendonly no")
    case .everyWrite: lines += ["appendonly yes", "appendfsync always"]
    }
    if let maximumMemory = options.maximumMemory { lines.append("maxmemory \(maximumMemory)") }
    if let port = options.replicaOfPort { lines.append("replicaof 127.0.0.1 \(port)") }
    return (lines + options.extraLines).joined(separator: "\n") + "\n"
  }

  private func started() async throws -> RedisServer {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [options.program, "\(folder)/redis.conf"]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try Launcher.run(process)
    // Its input ends when this process does: then it ends the server, which would live on.
    let watchdog = Process()
    let input = Pipe()
    watchdog.executableURL = URL(fileURLWithPath: "/bin/sh")
    watchdog.arguments = [
      "-c", "read line || { kill -9 $0; rm -rf \"$1\"; }", "\(process.processIdentifier)", folder,
    ]
    watchdog.standardInput = input
    watchdog.standardOutput = FileHandle.nullDevice
    watchdog.standardError = FileHandle.nullDevice
    try Launcher.run(watchdog)
    running.withLock {
      $0 = Running(process: process, watchdog: watchdog, watchdogInput: input)
    }
    let clock = ContinuousClock()
    let end = clock.now + .seconds(20)
    while true {
      if answers() { return self }
      guard process.isRunning, clock.now < end else {
        let text = log
        throw FixtureError("\(options.program) did not start:\n\(text)")
      }
      try await Task.sleep(for: .milliseconds(5))
    }
  }

  private func answers() -> Bool {
    guard let client = try? RawRedisClient(unixPath: unixSocketPath, password: options.password),
      let reply = try? client.command(["PING"])
    else { return false }
    return reply.hasPrefix("+PONG") || reply.hasPrefix("-NO") || reply.hasPrefix("-MASTERDOWN")
  }

  private func end(by number: Int32) {
    let running = running.withLock { state in
      defer { state = nil }
      return state
    }
    guard let running else { return }
    // A line on its input tells the watchdog that there is nothing to do any more.
    try? running.watchdogInput.fileHandleForWriting.write(contentsOf: Data("\n".utf8))
    let identifier = running.process.processIdentifier
    if number != SIGKILL { Launcher.send(SIGCONT, to: identifier) }
    Launcher.send(number, to: identifier)
    Launcher.wait(for: running.process)
    Launcher.wait(for: running.watchdog)
  }

  private func signal(_ number: Int32) {
    guard let identifier = running.withLock({ $0?.process.processIdentifier }) else { return }
    Launcher.send(number, to: identifier)
  }
}
