import EmbeddedRedis
import Foundation
import Irminsul
import RedisScripting
import ScriptTool

#if Redis
  import IrminsulRedisClient
#endif

/// Where scripts run that are not a store's: a server by its URL, or this process.
enum ScriptPlace {
  /// Calls `body` with the host of a URL, and closes it afterwards.
  static func withHost<Result>(
    _ url: String, _ body: (any ScriptHost) async throws -> Result
  ) async throws -> Result {
    let host = try await open(url)
    do {
      let result = try await body(host)
      await host.close()
      return result
    } catch {
      await host.close()
      throw error
    }
  }

  private static func open(_ url: String) async throws -> any ScriptHost {
    if url == "memory:" { return try EmbeddedHost(storage: .memory) }
    if url.hasPrefix("file:") {
      let path = url.hasPrefix("file:///") ? url.dropFirst(7) : url.dropFirst(5)
      guard !path.isEmpty, let path = String(path).removingPercentEncoding else {
        throw Failure(.usage, "\"\(url)\" names no file: file:PATH")
      }
      return try EmbeddedHost(storage: .file(path: path))
    }
    #if Redis
      return try await RedisHost.connect(
        RedisConfiguration(url: url, environment: ProcessInfo.processInfo.environment),
        logger: Warnings.logger)
    #else
      throw Failure(.usage, "--store: this program was built without redis: URLs")
    #endif
  }

  /// The URL of a server for specs, of which memory and files are none.
  static func checkServer(_ url: String) throws {
    if url == "memory:" || url.hasPrefix("file:") {
      throw Failure(
        .usage,
        "--store is a server for specs: redis://HOST:PORT/DB\nWithout it they run in this process.")
    }
  }
}
