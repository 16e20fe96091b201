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
