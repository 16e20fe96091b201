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
    Interrupt.openStores.withLock { $0 += 1 }
    defer { Interrupt.openStores.withLock { $0 -= 1 } }
    do {
      let result = try await body(repository)
      await repository.close()
      return result
    } catch {
      await repository.close()
      throw error
    }
  }

  /// What is worth keeping of a store that was made for something that failed.
  enum Keeping {
    /// Objects: they need not come again.
    case objects
    /// Refs alone: without one nothing can be read.
    case refs
  }

  /// As ``withRepository(_:hash:layout:_:)`` for a write; a store that is made for it goes again when `body` fails.
  func withNewRepository<Result>(
    keeping: Keeping, hash: HashAlgorithm?, layout: DirectoryLayout?,
    _ body: (Repository) async throws -> Result
  ) async throws -> Result {
    let place = DefaultStore.nearest() ?? .here
    let url = givenURL ?? place.url
    if try await isThere(url) {
      return try await withRepository(.write, hash: hash, layout: layout, body)
    }
    func make() async throws -> Result {
      let file = EmptyStoreFile(at: url)
      do {
        return try await withRepository(.write, hash: hash, layout: layout, body)
      } catch {
        // What failed first is what is told.
        if (try? await deleteEmpty(url, keeping)) == true { file?.remove() }
        throw error
      }
    }
    return try await givenURL == nil ? place.withFolder(make) : make()
  }

  /// The store that takes what another one has: of the same kind, and gone again when it was made for `body`, which
  /// fails before an object came.
  func withLike<Result>(
    _ remote: Repository, _ body: (Repository) async throws -> Result
  ) async throws -> Result {
    try await StoreKinds.naming(remote.location) {
      try await withNewRepository(
        keeping: .objects, hash: remote.algorithm, layout: remote.layout, body)
    }
  }

  private func isThere(_ url: String) async throws -> Bool {
    // Without a logger: who opens it next has the same warnings.
    var options = Repository.Options()
    options.creation = .never
    do {
      let repository = try await Repository.open(
        url, environment: ProcessInfo.processInfo.environment, options: options)
      await repository.close()
      return true
    } catch StoreError.storeAbsent {
      return false
    }
  }

  /// Deletes a store if there is nothing in it; whether it did.
  private func deleteEmpty(_ url: String, _ keeping: Keeping) async throws -> Bool {
    let name: String? = try await RemoteStore.withRepository(url) {
      let found = try await $0.statistics()
      if found.branches + found.otherRefs > 0 { return nil }
      return keeping == .objects && found.objects > 0 ? nil : $0.name
    }
    guard let name else { return false }
    try await Repository.deleteStore(
      named: name, at: url, environment: ProcessInfo.processInfo.environment)
    return true
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
