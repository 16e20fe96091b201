import GitObjects
import RedisScripting

extension Tree {
  /// The value at a path.
  ///
  /// - Throws: ``StoreError/notFound(_:in:)``, ``StoreError/undecodable(_:at:type:reason:)``.
  public func get<Value: Contents>(
    _ path: Path, as type: Value.Type = Value.self
  ) async throws -> Value {
    guard let value = try await find(path, as: type) else {
      throw StoreError.notFound(path, in: "the tree")
    }
    return value
  }

  /// Whether a directory is at the path.
  public func memTree(_ path: Path) async throws -> Bool {
    try await entry(path)?.mode.isTree == true
  }

  /// This tree with the value at a path changed by a closure. A value that stays what it is gives this very
  /// tree, nothing edited.
  ///
  /// ```swift
  /// tree = try await tree.updating("visits", as: Counter.self) { Counter(($0?.value ?? 0) + 1) }
  /// ```
  ///
  /// - Parameters:
  ///   - path: Where.
  ///   - type: What is there, and will be.
  ///   - mode: Of a value that was not there; nil: a plain one. One that is there keeps its own, but for a mode
  ///     that is given.
  ///   - isolation: Where the closure runs: where the caller does.
  ///   - change: Gets the value, nil when nothing or a directory is there, and gives the new one; nil removes what
  ///     is there, a directory as well.
  /// - Throws: ``StoreError/undecodable(_:at:type:reason:)``, and what the closure throws.
  ///
  /// Source: Irmin's `Tree.update`.
  public func updating<Value: Contents>(
    _ path: Path, as type: Value.Type = Value.self, mode: FileMode? = nil,
    isolation: isolated (any Actor)? = #isolation,
    _ change: (Value?) async throws -> Value?
  ) async throws -> Tree {
    let present = try await entry(path)
    let bytes = try await find(path)
    let old = try bytes.map { try Value($0, at: path, in: nil) }
    guard let new = try await change(old) else {
      return present == nil ? self : try await removing(path)
    }
    let kept = present.flatMap { $0.mode.objectKind == .blob ? $0.mode : nil }
    let wanted = mode ?? kept ?? .blob
    let blob = try new.framed()
    if let bytes, wanted == kept, blob.content.elementsEqual(bytes) { return self }
    try wanted.checkBlob()
    var tree = self
    try await tree.set(path, blob: blob, mode: wanted)
    return tree
  }

  /// This tree with the directory at a path changed by a closure. One that stays what it is gives this very tree,
  /// nothing edited.
  ///
  /// - Parameters:
  ///   - path: Where.
  ///   - isolation: Where the closure runs: where the caller does.
  ///   - change: Gets the tree at the path, an empty one when nothing or a value is there, and gives the new one;
  ///     an empty one removes it.
  ///
  /// Source: Irmin's `Tree.update_tree`.
  public func updatingTree(
    _ path: Path, isolation: isolated (any Actor)? = #isolation,
    _ change: (Tree) async throws -> Tree
  ) async throws -> Tree {
    let present = try await findTree(path)
    let old = present ?? Tree(root: .empty, objects: objects)
    let new = try await change(old)
    let algorithm = objects?.algorithm ?? new.objects?.algorithm ?? .sha1
    if try await new.hash(algorithm) == old.hash(algorithm) { return self }
    return try await addingTree(new, at: path)
  }

  /// The id under which this very tree is stored; nil for one that has edits, or was made from nothing. No
  /// round trip.
  public var storedID: ObjectID? { stored }
}
