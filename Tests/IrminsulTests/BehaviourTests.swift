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
}
