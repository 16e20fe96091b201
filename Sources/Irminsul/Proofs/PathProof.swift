import GitObjects
import RedisScripting

/// A proof of what a tree, or a commit's tree, has at one path, or that it has nothing there. Whoever knows
/// the id can check it without the store, with nothing but the hash.
///
/// ```swift
/// let proof = try await repository.proof(of: "users/ada/email", in: commit.id)
/// try send(proof.encoded())
///
/// // Elsewhere, with an id that is trusted:
/// let received = try PathProof(decoding: bytes)
/// switch try received.verify(root: trusted, path: "users/ada/email") {
/// case .present(let entry, let value): …
/// case .absent: …
/// }
/// ```
///
/// It holds the objects on the way, whole, as their hashes need them; of what stands beside it, names and ids
/// alone. In wide directories these are a few small trees for each, however many names there are. A value of
/// this type is sound: each of its objects has the id that the one before it says. What is left to check is
/// that root and path are the ones that one wants to know about: ``verify(root:path:)``. The written form is
/// in the article <doc:Proofs>.
public struct PathProof: Sendable, Hashable {
  /// What is at the path.
  public enum Finding: Sendable, Hashable {
    /// An entry, and the bytes of its blob if the proof has them.
    case present(Entry, value: Bytes?)
    case absent
  }

  /// Whether a proof has the value as well, or its id alone.
  public enum ValueDetail: Sendable, Hashable {
    case included
    case omitted
  }

  /// The commit or tree that the proof is about.
  public let root: ObjectID
  public let path: Path
  /// The objects on the way, from the root on.
  public let objects: [FramedObject]
  /// What the root has at the path.
  public let finding: Finding

  /// - Throws: ``StoreError/badProof(_:)`` when the objects do not lead from the root along the path, or
  ///   are more than that takes.
  public init(root: ObjectID, path: Path, objects: [FramedObject]) throws(StoreError) {
    try path.checkForReading()
    var walk = PathProofWalk(objects, root.algorithm)
    finding = try walk.finding(root, path)
    self.root = root
    self.path = path
    self.objects = objects
  }

  /// Reads a written proof and checks its objects. Takes time and memory in proportion to its bytes, whatever
  /// lengths they claim.
  ///
  /// - Throws: ``StoreError/badProof(_:)`` for anything but the very bytes of ``encoded()``.
  public init(decoding bytes: Bytes) throws(StoreError) {
    var reader = try ProofFormat.Reader(bytes, .path)
    let root = try reader.id()
    let count = try reader.count()
    var steps: [Bytes] = []
    for _ in 0..<count { steps.append(try reader.field()) }
    var objects: [FramedObject] = []
    while !reader.isAtEnd { objects.append(try reader.object()) }
    do {
      try self.init(root: root, path: Path(steps: steps), objects: objects)
    } catch .badPath(_, let reason) {
      throw .badProof("it is of no path: \(reason)")
    }
  }

  /// The written form.
  public func encoded() -> Bytes {
    var writer = ProofFormat.Writer(.path, root.algorithm)
    writer.add(root)
    writer.add(count: path.steps.count)
    for step in path.steps { writer.add(step) }
    for object in objects { writer.add(object.bytes) }
    return writer.finish()
  }

  /// What a root that is trusted has at a path.
  ///
  /// - Throws: ``StoreError/badProof(_:)`` when the proof is about another root or path.
  public func verify(root: ObjectID, path: Path) throws(StoreError) -> Finding {
    guard root == self.root else { throw .badProof("it is about \(self.root), not \(root)") }
    guard path == self.path else {
      throw .badProof("it is about the path \"\(self.path)\", not \"\(path)\"")
    }
    return finding
  }
}

/// Follows a path through the objects of a proof, each of which must be the one that the last one names.
private struct PathProofWalk {
  private var rest: ArraySlice<FramedObject>
  private let algorithm: HashAlgorithm

  init(_ objects: [FramedObject], _ algorithm: HashAlgorithm) {
    rest = objects[...]
    self.algorithm = algorithm
  }

  mutating func finding(_ root: ObjectID, _ path: Path) throws(StoreError) -> PathProof.Finding {
    let finding = try follow(root, path)
    guard rest.isEmpty else { throw .badProof("it has objects that are not on the way") }
    return finding
  }

  private mutating func follow(
    _ root: ObjectID, _ path: Path
  ) throws(StoreError) -> PathProof.Finding {
    var object = try take(root)
    var entry = Entry(mode: .tree, id: root)
    if object.kind == .commit {
      do {
        entry = Entry(mode: .tree, id: try CommitObject(object, algorithm: algorithm).tree)
      } catch {
        throw .badProof("\(error)")
      }
      object = try take(entry.id)
    }
    // Of the root itself: that it is a tree.
    if path.isRoot {
      _ = try tree(object)
      return .present(entry, value: nil)
    }
    for (number, name) in path.steps.enumerated() {
      guard entry.mode.isTree else { return .absent }
      if number > 0 { object = try take(entry.id) }
      guard let found = try find(name, in: entry.id, object) else { return .absent }
      entry = Entry(mode: found.mode, id: found.id)
    }
    guard entry.mode.objectKind == .blob, !rest.isEmpty else {
      return .present(entry, value: nil)
    }
    let value = try take(entry.id)
    guard value.kind == .blob else { throw .badProof("the value is a \(value.kind)") }
    return .present(entry, value: Bytes(value.content))
  }

  /// The entry of one name. What a tree is, a wide directory or another one, only its bytes say: otherwise
  /// whoever makes a proof could choose.
  private mutating func find(
    _ name: Bytes, in directory: ObjectID, _ top: FramedObject
  ) throws(StoreError) -> TreeEntry? {
    var step = DirectoryStep(name: name, layout: .wide)
    var (id, object) = (directory, top)
    while true {
      let outcome: DirectoryStep.Outcome
      do {
        outcome = try step.enter(try tree(object), id, in: "the proof")
      } catch .damagedObject(_, _, let reason) {
        throw .badProof(reason)
      }
      switch outcome {
      case .found(let entry): return entry
      case .below(let next):
        id = next
        object = try take(next)
      }
    }
  }

  private func tree(_ object: FramedObject) throws(StoreError) -> TreeObject {
    do {
      return try TreeObject(object, algorithm: algorithm)
    } catch {
      throw .badProof("\(error)")
    }
  }

  private mutating func take(_ id: ObjectID) throws(StoreError) -> FramedObject {
    guard let object = rest.popFirst() else { throw .badProof("object \(id) is missing in it") }
    guard object.id(algorithm) == id else {
      throw .badProof("it has another object where \(id) should be")
    }
    return object
  }
}
