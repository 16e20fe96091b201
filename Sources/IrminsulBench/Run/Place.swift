import Foundation

/// Where a measurement takes place.
enum Place: Sendable, Equatable {
  /// A Redis server of its own, new for each measurement.
  case ownServer
  /// A store of its own name at a URL that the user has given.
  case given(url: String)
  /// The memory of the process that writes.
  case memory
  /// A new SQLite file.
  case file(durability: String)

  init(givenURL: String?) {
    self = givenURL.map { .given(url: $0) } ?? .ownServer
  }

  /// Whether a Redis server is there that the peers can speak to.
  var isPlainRedis: Bool {
    switch self {
    case .ownServer: true
    case .given(let url): url.hasPrefix("redis:") || url.hasPrefix("redis+unix:")
    case .memory, .file: false
    }
  }

  /// What tables and JSON call it; never a URL, which may hold a password.
  var name: String {
    switch self {
    case .ownServer: "redis"
    case .given(let url): url.prefix { $0 != ":" } + " given"
    case .memory: "memory"
    case .file(let durability): "file \(durability)"
    }
  }
}
