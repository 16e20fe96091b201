import Foundation
import Irminsul

/// Branches: values that change, each atomically, and watches that are told.
public final class FolderBranches: AtomicWriteStore {
  let files: Files<String, ObjectID>
  let watchers = Watchers<String, ObjectID>()

  init(files: Files<String, ObjectID>, lookingEvery interval: Duration) {
    self.files = files
    Task { [weak self] in
      while self != nil {
        try? await Task.sleep(for: interval)
        self?.lookAround()
      }
    }
  }

  public func mem(_ key: String) async throws -> Bool { try await files.mem(key) }
  public func find(_ key: String) async throws -> ObjectID? { try await files.find(key) }

  public func list() async throws -> [String] {
    try files.place.names(in: files.subfolder).compactMap { String(fileName: $0) }
  }
}

extension FolderBranches {
  public func set(_ key: String, _ value: ObjectID) async throws {
    try files.place.locked { try change(key, value) }
  }

  public func remove(_ key: String) async throws {
    try files.place.locked { try change(key, nil) }
  }

  public func testAndSet(_ key: String, test: ObjectID?, set: ObjectID?) async throws -> Bool {
    try files.place.locked {
      guard try files.value(of: key) == test else { return false }
      try change(key, set)
      return true
    }
  }

  /// With the lock held, so that the watches are told in the order of the changes.
  private func change(_ key: String, _ value: ObjectID?) throws {
    if let value {
      try files.put(value, under: key)
    } else {
      try files.place.remove(files.path(key))
    }
    watchers.notify(key, value)
  }
}

extension FolderBranches {
  public func watch(
    initial: [String: ObjectID]?, _ body: @escaping @Sendable (String, ObjectID?) async -> Void
  ) async throws -> Watchers<String, ObjectID>.Watch {
    try files.place.locked {
      watchers.watch(initial: initial, present: try present(), body)
    }
  }

  public func watchKey(
    _ key: String, initial: ObjectID?, _ body: @escaping @Sendable (ObjectID?) async -> Void
  ) async throws -> Watchers<String, ObjectID>.Watch {
    try files.place.locked {
      watchers.watchKey(key, initial: initial, present: try present(), body)
    }
  }

  public func unwatch(_ watch: Watchers<String, ObjectID>.Watch) async throws {
    await watchers.unwatch(watch)
  }

  /// All branches, read with the lock held.
  private func present() throws -> [String: ObjectID] {
    var present: [String: ObjectID] = [:]
    for name in try files.place.names(in: files.subfolder) {
      guard let key = String(fileName: name) else { continue }
      present[key] = try files.value(of: key)
    }
    return present
  }
}

extension FolderBranches {
  /// Tells the watches what other processes have changed.
  private func lookAround() {
    if watchers.isEmpty { return }
    // What cannot be read now may be readable the next time.
    try? files.place.locked { watchers.notify(present: try present()) }
  }
}
