#if File
  import EmbeddedRedis
  import EmbeddedRedisServer
  import Foundation

  /// A server whose keys are in a file, of its own and gone afterwards.
  enum FileServer {
    /// The replies to some commands of one client, as they are on the wire.
    static func replies(to lines: [String]) async throws -> [String] {
      let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).db").path
      defer { try? FileManager.default.removeItem(atPath: path) }
      let host = try EmbeddedHost(storage: .file(path: path))
      let server = try await EmbeddedRedisServer.start(host)
      let port = server.port
      let replies = try await onThread {
        let client = try RawConnection(port: port)
        return try lines.map { line in
          let words = line.split(separator: " ").map(String.init)
          return String(decoding: try client.reply(to: words), as: UTF8.self)
        }
      }
      await server.stop()
      await host.close()
      return replies
    }
  }
#endif
