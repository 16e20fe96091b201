import GitObjects
import RedisScripting

/// A branch at one moment: its head and tree, which stay what they are. Reading what is cached costs
/// no round trip.
public struct Snapshot: Sendable {
  /// The id of the commit.
  public let head: ObjectID
  /// The whole tree of that commit.
  public let tree: Tree

  /// The value at a path; nil when nothing or a directory is there.
  public func find<Value: Contents>(
    _ path: Path, as type: Value.Type = Value.self
  ) async throws -> Value? {
    guard let bytes = try await tree.find(path) else { return nil }
    return try Value(bytes, at: path, in: head)
  }

  /// The value at a path.
  ///
  /// - Throws: ``StoreError/notFound(_:in:)``.
  public func get<Value: Contents>(
    _ path: Path, as type: Value.Type = Value.self
  ) async throws -> Value {
    guard let value = try await find(path, as: type) else {
      throw StoreError.notFound(path, in: "commit \(head)")
    }
    return value
  }

  /// The entries of the directory at a path.
  public func list(_ path: Path = .root) async throws -> [Tree.Item] {
    try await tree.list(path)
  }
}
