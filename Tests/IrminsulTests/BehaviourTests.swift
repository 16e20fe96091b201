import Foundation
import Irminsul
import IrminsulTestKit
import Testing

/// The same behaviour, whatever keeps the data.
@Suite struct BehaviourTests {
  @Test(arguments: Behaviour.all)
  func memory(_ behaviour: Behaviour) async throws {
    try await check(behaviour, at: "memory:")
  }

  @Test(arguments: Behaviour.all)
  func file(_ behaviour: Behaviour) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: TestServers.freshName())
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try await check(behaviour, at: "file:\(folder.path)/store?durability=normal")
  }

  @Test(arguments: Behaviour.all)
  func redisOverAUnixSocket(_ behaviour: Behaviour) async throws {
    let server = try await TestServers.shared.unix()
    try await check(behaviour, at: server.url + "?name=\(TestServers.freshName())")
  }

  @Test(arguments: Behaviour.all)
  func redisOverTLSWithAPassword(_ behaviour: Behaviour) async throws {
    let server = try await TestServers.shared.secure()
    let url = server.url(user: nil, password: nil)
    let repository = try await Repository.open(
      url + "&name=\(TestServers.freshName())",
      environment: ["IRMINSUL_REDIS_PASSWORD": TestServers.password])
    try await behaviour.check(on: repository)
    await repository.close()
  }

  @Test(arguments: Behaviour.all)
  func redisOverTCP(_ behaviour: Behaviour) async throws {
    try await checkOnRedis(behaviour)
  }

  /// Ids that the server cannot compute: the client builds the trees and tests the head.
  @Test(arguments: Behaviour.all)
  func redisWithSHA256(_ behaviour: Behaviour) async throws {
    try await checkOnRedis(behaviour, "&hash=sha256")
  }

  /// Directories that are tries when they are large, on the server and in the client's trees.
  @Test(arguments: Behaviour.all)
  func redisWithWideDirectories(_ behaviour: Behaviour) async throws {
    try await checkOnRedis(behaviour, "&layout=wide")
  }

  @Test(arguments: Behaviour.all)
  func memoryWithWideDirectoriesAndSHA256(_ behaviour: Behaviour) async throws {
    try await check(behaviour, at: "memory:?layout=wide&hash=sha256")
  }

  private func checkOnRedis(_ behaviour: Behaviour, _ items: String = "") async throws {
    let server = try await TestServers.shared.plain()
    try await check(behaviour, at: server.url + "?name=\(TestServers.freshName())" + items)
  }

  private func check(_ behaviour: Behaviour, at url: String) async throws {
    let repository = try await Repository.open(url)
    try await behaviour.check(on: repository)
    await repository.close()
  }
}
