import EmbeddedRedis
import GitObjects
import RedisScripting

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
  /// `?hash=sha256` for a store with SHA-256 ids.
  ///
  /// - Parameter environment: Where `IRMINSUL_REDIS_PASSWORD` and the like are looked up; give
  ///   `ProcessInfo.processInfo.environment` to use this process'.
  /// - Throws: ``StoreError``.
  public static func open(
    _ url: String, environment: [String: String] = [:], options: Options = Options()
  ) async throws -> Repository {
    var options = options
    if url.hasPrefix("memory:") || url.hasPrefix("file:") {
      let location = try EmbeddedLocation(url)
      if let hash = location.hash { options.hash = hash }
      let host: EmbeddedHost
      do {
        host = try EmbeddedHost.open(location.configuration(creation: options.creation))
      } catch {
        throw StoreError.host(error)
      }
      return try await open(host, name: location.name ?? "irminsul", options)
    }
    #if Redis
      let configuration: RedisConfiguration
      do {
        configuration = try RedisConfiguration(url: url, environment: environment)
      } catch {
        throw StoreError.host(error)
      }
      if let hash = configuration.storeOptions["hash"] {
        options.hash = try parseHash(hash, url: configuration.location)
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
      return try await open(host, name: configuration.storeName ?? "irminsul", options)
    #else
      throw StoreError.unsupported("redis URLs: the Redis trait of the package is off")
    #endif
  }

  /// Opens a store on a host that is closed again when that fails.
  private static func open(
    _ host: any ScriptHost, name: String, _ options: Options
  ) async throws -> Repository {
    do {
      return try await Repository(host: host, name: name, options: options)
    } catch {
      await host.close()
      throw error
    }
  }

  static func parseHash(_ text: String, url: String) throws(StoreError) -> HashAlgorithm {
    guard let hash = HashAlgorithm(rawValue: text) else {
      throw .badURL(url, reason: "hash=\(text): use sha1 or sha256")
    }
    return hash
  }
}
