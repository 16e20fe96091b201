import Foundation
import GitObjects
import Irminsul
import IrminsulTestKit
import RedisScripting
import Testing

/// Where the tests of whole histories keep their stores.
enum StorePlace: String, CaseIterable, CustomTestStringConvertible {
  case memory
  case redis

  var testDescription: String { rawValue }

  /// Runs a body on a fresh store, which goes afterwards.
  func withRepository<Result: Sendable>(
    _ algorithm: HashAlgorithm = .sha1, _ body: (Repository) async throws -> Result
  ) async throws -> Result {
    let name = TestServers.freshName()
    let url: String
    switch self {
    case .memory: url = "memory:?hash=\(algorithm.rawValue)"
    case .redis:
      url = try await TestServers.shared.plain().url + "?name=\(name)&hash=\(algorithm.rawValue)"
    }
    let repository = try await Repository.open(url)
    do {
      let result = try await body(repository)
      await repository.close()
      return result
    } catch {
      await repository.close()
      throw error
    }
  }
}

/// The faults that a verification reports.
final class Faults: Sendable {
  private let list = Locked<[Fault]>([])

  var all: [Fault] { list.withLock { $0 } }

  func add(_ fault: Fault) { list.withLock { $0.append(fault) } }
}
