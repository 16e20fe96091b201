import Foundation
import Irminsul
import IrminsulTestKit
import Testing

/// The same behaviour, whatever keeps the data.
@Suite struct BehaviourTests {
  @Test(arguments: Behaviour.all)
  func memory(_ behaviour: Behaviour) async throws {
    let repository = try await Repository.open("memory:")
    try await behaviour.check(on: repository)
    await repository.close()
  }

  @Test(arguments: Behaviour.all)
  func file(_ behaviour: Behaviour) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: TestServers.freshName())
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let repository = try await Repository.open("file:\(folder.path)/store?durability=normal")
    try await behaviour.check(on: repository)
    await repository.close()
  }

  @Test(arguments: Behaviour.all)
  func redisOverAUnixSocket(_ behaviour: Behaviour) async throws {
    let server = try await TestServers.shared.unix()
    let repository = try await Repository.open(server.url + "?name=\(TestServers.freshName())")
    try await behaviour.check(on: repository)
    await repository.close()
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
    let server = try await TestServers.shared.plain()
    let repository = try await Repository.open(server.url + "?name=\(TestServers.freshName())")
    try await behaviour.check(on: repository)
    await repository.close()
  }

  /// Ids that the server cannot compute: the client builds the trees and tests the head.
  @Test(arguments: Behaviour.all)
  func redisWithSHA256(_ behaviour: Behaviour) async throws {
    let server = try await TestServers.shared.plain()
    let repository = try await Repository.open(
      server.url + "?name=\(TestServers.freshName())&hash=sha256")
    try await behaviour.check(on: repository)
    await repository.close()
  }

  /// Directories that are tries when they are large, on the server and in the client's trees.
  @Test(arguments: Behaviour.all)
  func redisWithWideDirectories(_ behaviour: Behaviour) async throws {
    let server = try await TestServers.shared.plain()
    let repository = try await Repository.open(
      server.url + "?name=\(TestServers.freshName())&layout=wide")
    try await behaviour.check(on: repository)
    await repository.close()
  }

  @Test(arguments: Behaviour.all)
  func memoryWithWideDirectoriesAndSHA256(_ behaviour: Behaviour) async throws {
    let repository = try await Repository.open("memory:?layout=wide&hash=sha256")
    try await behaviour.check(on: repository)
    await repository.close()
  }
}
