import EmbeddedRedis
import GitObjects
import RedisScripting

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif
#if Redis
  import IrminsulRedisClient
#endif

// The only file that knows which hosts there are.
extension Repository {
  /// Opens the store that a URL names, in two or three round trips.
  ///
  /// | URL | where |
  /// |---|---|
  /// | `memory:` | this process' memory, gone with the repository |
  /// | `file:PATH` | one SQLite database, made if absent; several processes may use it at once |
  /// | `redis://user:password@host:port/db` | a Redis or Valkey server |
  /// | `rediss://…?cacert=PATH` | the same over TLS |
  /// | `redis+unix:///path/to/socket?db=0` | the same through a Unix socket |
  ///
  /// Every URL takes `?name=STORE` (default `irminsul`) for one of several stores in one place, and
  /// `?hash=sha256` for a store with SHA-256 ids, and `?layout=wide` for one with wide directories.
  ///
  /// - Parameters:
  ///   - url: As above; all items are in <doc:StoreURLs>.
  ///   - environment: Where `IRMINSUL_REDIS_PASSWORD` and the like are looked up; give
  ///     `ProcessInfo.processInfo.environment` to use this process'.
  ///   - options: Choices of this handle, and of a store that is made.
  /// - Throws: ``StoreError``.
  public static func open(
    _ url: String, environment: [String: String] = [:], options: Options = Options()
  ) async throws -> Repository {
    let place = try await connect(url, environment, options)
    do {
      return try await Repository(host: place.host, name: place.name, options: place.options)
    } catch {
      await place.host.close()
      throw error
    }
  }

  /// Deletes the store that a URL names for good, as ``deleteStore(named:on:progress:)`` does.
  ///
  /// - Parameters:
  ///   - name: The store's name, which must be that of the URL (`irminsul` where it has none), so
  ///     that the wrong store is not deleted by accident.
  ///   - url: As ``open(_:environment:options:)`` takes it.
  ///   - environment: As there.
  ///   - options: As there.
  ///   - progress: Called with the number of objects that are left.
  /// - Throws: ``StoreError/badStoreName(_:reason:)`` for another name,
  ///   ``StoreError/storeAbsent(name:in:)``.
  public static func deleteStore(
    named name: String, at url: String, environment: [String: String] = [:],
    options: Options = Options(), progress: (Int64) -> Void = { _ in }
  ) async throws {
    var options = options
    options.creation = .never
    let place = try await connect(url, environment, options)
    do {
      guard place.name == name else {
        throw StoreError.badStoreName(
          name, reason: "the store in \(place.host.location) is named \"\(place.name)\"")
      }
      try await deleteStore(named: name, on: place.host, progress: progress)
    } catch {
      await place.host.close()
      throw error
    }
    await place.host.close()
  }

  /// Where a URL leads: a host, the store's name on it, and options with what the URL says.
  private struct Place {
    let host: any ScriptHost
    let name: String
    let options: Options
  }

  private static func connect(
    _ url: String, _ environment: [String: String], _ options: Options
  ) async throws -> Place {
    var options = options
    if url.hasPrefix("memory:") || url.hasPrefix("file:") {
      let location = try EmbeddedLocation(url)
      let name = location.name ?? defaultName
      // Before a file is made.
      _ = try StoreKeys(storeName: name)
      try agree(&options.hash, location.hash, "hash", url: url)
      try agree(&options.layout, location.layout, "layout", url: url)
      if options.creation == .never, let path = location.path, !isThere(path) {
        throw StoreError.storeAbsent(name: name, in: "file:\(path)")
      }
      let host: EmbeddedHost
      do {
        host = try EmbeddedHost.open(location.configuration(creation: options.creation))
      } catch {
        throw StoreError.host(error)
      }
      return Place(host: host, name: name, options: options)
    }
    try checkScheme(url)
    #if Redis
      let configuration: RedisConfiguration
      do {
        configuration = try RedisConfiguration(url: url, environment: environment)
      } catch {
        throw StoreError.host(error)
      }
      if let hash = configuration.storeOptions["hash"] {
        try agree(
          &options.hash, try parseHash(hash, url: configuration.location), "hash",
          url: configuration.location)
      }
      if let layout = configuration.storeOptions["layout"] {
        try agree(
          &options.layout, try parseLayout(layout, url: configuration.location), "layout",
          url: configuration.location)
      }
      switch configuration.storeOptions["evict"] {
      case nil, "refused": break
      case "accepted": options.eviction = .accepted
      case let other?:
        throw StoreError.badURL(
          configuration.location, reason: "evict=\(other): use accepted or refused")
      }
      let host: RedisHost
      do {
        host = try await RedisHost.connect(configuration, logger: options.logger)
      } catch {
        throw StoreError.host(error)
      }
      return Place(host: host, name: configuration.storeName ?? defaultName, options: options)
    #else
      throw StoreError.unsupported("redis URLs: the Redis trait of the package is off")
    #endif
  }

  static let defaultName = "irminsul"

  /// Refuses what is no URL of a store. A URL with a slip in its scheme may hold a password, so that
  /// nothing after the scheme is shown.
  private static func checkScheme(_ url: String) throws(StoreError) {
    for scheme in ["redis", "rediss", "redis+unix"]
    where url.lowercased().hasPrefix("\(scheme)://") {
      return
    }
    let scheme = url.prefix { $0 != ":" && $0 != "@" && $0 != "/" }
    throw .badURL(
      scheme.count == url.count ? url : "\(scheme)…", reason: "it begins as no store's URL does")
  }

  /// Whether anything is at a path; what may not be seen is taken to be there.
  private static func isThere(_ path: String) -> Bool {
    access(path, F_OK) == 0 || errno != ENOENT
  }

  static func parseHash(_ text: String, url: String) throws(StoreError) -> HashAlgorithm {
    guard let hash = HashAlgorithm(rawValue: text) else {
      throw .badURL(url, reason: "hash=\(text): use sha1 or sha256")
    }
    return hash
  }

  static func parseLayout(_ text: String, url: String) throws(StoreError) -> DirectoryLayout {
    guard let layout = DirectoryLayout(rawValue: text) else {
      throw .badURL(url, reason: "layout=\(text): use git or wide")
    }
    return layout
  }

  /// Takes a choice from the URL, unless another one was made beside it.
  private static func agree<Choice: RawRepresentable & Equatable>(
    _ choice: inout Choice?, _ fromURL: Choice?, _ name: String, url: String
  ) throws(StoreError) where Choice.RawValue == String {
    guard let fromURL else { return }
    if let choice, choice != fromURL {
      throw .badURL(
        url,
        reason: "it says \(name)=\(fromURL.rawValue), and \(name)=\(choice.rawValue) is needed here"
      )
    }
    choice = fromURL
  }
}
