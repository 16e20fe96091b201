import Foundation
import IrminsulTestKit

/// Where a plain Redis server is, for the methods that speak RESP by themselves.
///
/// `redis://user:password@host:port/db` and `redis+unix:///path` as the store takes them; other query
/// items than `name` and `db` are the store's own matter.
struct RedisAddress {
  enum Endpoint {
    case tcp(host: String, port: Int)
    case unixSocket(path: String)
  }

  let endpoint: Endpoint
  private let user: String?
  private let password: String?
  private let database: Int

  /// - Throws: ``BenchError`` for a URL that leads elsewhere, such as `rediss://` or `file:`.
  init(url: String) throws {
    guard let parts = URLComponents(string: url) else {
      throw BenchError("\(url) is no URL", .usage)
    }
    let items = parts.queryItems ?? []
    func item(_ name: String) -> String? { items.first { $0.name == name }?.value }
    switch parts.scheme {
    case "redis":
      endpoint = .tcp(host: parts.host ?? "127.0.0.1", port: parts.port ?? 6379)
      database = Int(parts.path.drop { $0 == "/" }) ?? 0
    case "redis+unix":
      endpoint = .unixSocket(path: parts.path)
      database = item("db").flatMap { Int($0) } ?? 0
    default:
      throw BenchError(
        "only the method irminsul works on \(parts.scheme ?? ""): stores; "
          + "the others need redis:// or redis+unix://", .usage)
    }
    user = parts.user.flatMap { $0.isEmpty ? nil : $0 }
    password =
      parts.password ?? ProcessInfo.processInfo.environment["IRMINSUL_REDIS_PASSWORD"]
  }

  /// A new connection, authenticated, in the right database.
  func connect() throws -> RespConnection {
    let connection = RespConnection(try socket())
    if let password {
      try connection.call(["AUTH"] + (user.map { [$0] } ?? []) + [password])
    }
    if database != 0 { try connection.call(["SELECT", "\(database)"]) }
    return connection
  }

  /// The URL of the same server and store behind a port of this machine.
  static func url(_ url: String, throughLocalPort port: Int) throws -> String {
    guard var parts = URLComponents(string: url) else {
      throw BenchError("\(url) is no URL", .usage)
    }
    if parts.scheme == "redis+unix" {
      parts.scheme = "redis"
      parts.path = ""
    }
    parts.host = "127.0.0.1"
    parts.port = port
    guard parts.scheme == "redis", let url = parts.string else {
      throw BenchError("only plain connections can be delayed: redis:// or redis+unix://", .usage)
    }
    return url
  }

  private func socket() throws -> PlainSocket {
    do {
      switch endpoint {
      case .tcp(let host, let port): return try PlainSocket(host: host, port: port)
      case .unixSocket(let path): return try PlainSocket(unixPath: path)
      }
    } catch {
      throw BenchError("cannot reach the server: \(error)", .unreachable)
    }
  }
}
