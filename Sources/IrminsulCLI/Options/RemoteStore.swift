import ArgumentParser
import Foundation
import Irminsul

/// Another store that a command exchanges objects with.
enum RemoteStore {
  static let help: ArgumentHelp =
    "The other store: file:PATH, redis://HOST:PORT/DB?name=STORE, rediss://…, redis+unix://…"

  /// Calls `body` with the store at a URL, and closes it afterwards.
  ///
  /// - Parameter model: A store that is made there, if none is, is of the same kind; nil: it must be there.
  static func withRepository<Result>(
    _ url: String, like model: Repository? = nil, _ body: (Repository) async throws -> Result
  ) async throws -> Result {
    var options = Repository.Options()
    options.logger = Warnings.logger
    options.creation = model == nil ? .never : .ifAbsent
    if let model {
      options.hash = model.algorithm
      options.layout = model.layout
    }
    let repository = try await Repository.open(
      url, environment: ProcessInfo.processInfo.environment, options: options)
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
