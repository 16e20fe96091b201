import ArgumentParser
import Foundation
import Irminsul

/// Which store, for every command.
struct StoreOptions: ParsableArguments {
  @Option(
    name: .customLong("store"),
    help: ArgumentHelp(
      "Where the store is (default: IRMINSUL_STORE, else .irminsul/store here or above).",
      valueName: "url"))
  var url: String?

  /// What a command does with the store.
  enum Access {
    /// The store must be there.
    case read
    /// The store is made when it is not there.
    case write
  }

  /// The URL that was given, by option or environment.
  var givenURL: String? {
    if let url { return url }
    let value = ProcessInfo.processInfo.environment["IRMINSUL_STORE"]
    return value?.isEmpty == false ? value : nil
  }

  /// The URL of a store that should be there.
  func existingURL() throws -> String {
    if let givenURL { return givenURL }
    if let store = DefaultStore.nearest() { return store.url }
    throw Failure(
      .refused,
      "there is no store in \(DefaultStore.here.folder) or above it\n"
        + "Make one with `irminsul init` or the first `irminsul set`, or name one with --store URL."
    )
  }

  /// Calls `body` with the store, and closes it afterwards.
  func withRepository<Result>(
    _ access: Access, hash: HashAlgorithm? = nil, layout: DirectoryLayout? = nil,
    _ body: (Repository) async throws -> Result
  ) async throws -> Result {
    let repository = try await open(access, hash: hash, layout: layout)
    do {
      let result = try await body(repository)
      await repository.close()
      return result
    } catch {
      await repository.close()
      throw error
    }
  }

  private func open(
    _ access: Access, hash: HashAlgorithm?, layout: DirectoryLayout?
  ) async throws -> Repository {
    var options = Repository.Options()
    options.logger = Warnings.logger
    options.hash = hash
    options.layout = layout
    let environment = ProcessInfo.processInfo.environment
    switch access {
    case .read:
      options.creation = .never
      return try await Repository.open(
        try existingURL(), environment: environment, options: options)
    case .write:
      if let givenURL {
        return try await Repository.open(givenURL, environment: environment, options: options)
      }
      let store = DefaultStore.nearest() ?? .here
      return try await store.withFolder {
        try await Repository.open(store.url, environment: environment, options: options)
      }
    }
  }
}
