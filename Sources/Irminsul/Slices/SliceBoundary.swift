import GitObjects
import RedisScripting

/// What an import of a slice does with histories that have been cut: the slice's, which end here as they did there, and
/// the store's, which are whole again when the slice brings what comes before.
struct SliceBoundary {
  private let engine: ScriptedEngine?
  /// The store's, before the import.
  private let stored: Set<ObjectID>
  /// The slice's.
  private var noted: [ObjectID] = []
  private var isPrepared = false
  /// Commits of the slice, where the store's history is cut.
  private var commits: Set<ObjectID> = []

  init(_ engine: any StoreEngine) async throws {
    self.engine = engine as? ScriptedEngine
    stored = try await self.engine?.boundary().commits ?? []
  }

  mutating func note(_ commit: ObjectID) { noted.append(commit) }

  mutating func note(_ object: FramedObject, _ id: ObjectID) {
    if !stored.isEmpty, object.kind == .commit { commits.insert(id) }
  }

  /// Before the first object is stored, the store must know which commits will lack their parents.
  mutating func prepare() async throws {
    if isPrepared { return }
    isPrepared = true
    let new = try await missing(noted)
    if new.isEmpty { return }
    guard let engine else {
      throw StoreError.unsupported("a slice of a history that has been cut")
    }
    try await engine.change(boundary: .receive, new)
  }

  private func missing(_ ids: [ObjectID]) async throws -> [ObjectID] {
    try await engine?.missing(ids) ?? ids
  }

  /// When all is stored.
  func finish() async throws {
    guard let engine else { return }
    if !noted.isEmpty { try await engine.change(boundary: .join, noted) }
    try await engine.joinBoundary(stored, with: commits)
  }
}
