import GitObjects
import RedisScripting

/// A proof of a whole computation on a tree: every object that it has read, so that whoever knows the tree's
/// id can run it again without the store, and get the same result and the same new tree.
///
/// ```swift
/// func pay(_ tree: inout Tree) async throws { … }
/// let proved = try await repository.prove(commit.id) { try await pay(&$0) }
///
/// // Elsewhere, with an id that is trusted:
/// let proof = try Proof(decoding: bytes)
/// try await proof.verify(root: trusted) { try await pay(&$0) }
/// print(proof.after)  // the tree that it becomes
/// ```
///
/// Objects are whole, as their hashes need them: what was not read below them is there as ids alone. Directories
/// of the layout ``DirectoryLayout/wide`` are small trees, of which a proof has the ones that were read.
///
/// Source: Irmin's `Tree.Proof`.
public struct Proof: Sendable, Hashable {
  /// The commit or tree that the computation began with.
  public let root: ObjectID
  /// The tree that it began with: of the commit, or the root itself.
  public let before: ObjectID
  /// The tree that it made.
  public let after: ObjectID
  /// How directories that it changed were written: a part of what ``after`` is.
  public let layout: DirectoryLayout
  /// What it has read, in the order of their ids.
  public let objects: [FramedObject]
  private let ids: [ObjectID]

  /// Which ids it has.
  public var algorithm: HashAlgorithm { root.algorithm }

  init(
    root: ObjectID, after: ObjectID, layout: DirectoryLayout, objects: [IdentifiedObject]
  ) throws(StoreError) {
    let sorted = objects.sorted { $0.id < $1.id }
    self.root = root
    self.after = after
    self.layout = layout
    self.objects = sorted.map(\.object)
    ids = sorted.map(\.id)
    guard let start = sorted.first(where: { $0.id == root }) else {
      throw .badProof("object \(root) is missing in it")
    }
    switch start.object.kind {
    case .tree: before = root
    case .commit: before = try Commit(id: root, framed: start.object, in: "the proof").tree
    case .blob, .tag: throw .badProof("\(root) is a \(start.object.kind)")
    }
  }

  /// Reads a written proof and hashes its objects. Takes time and memory in proportion to its bytes, whatever
  /// lengths they claim. That they are what a computation reads is found out by `verify`.
  ///
  /// - Throws: ``StoreError/badProof(_:)`` for anything but the very bytes of ``encoded()``.
  public init(decoding bytes: Bytes) throws(StoreError) {
    var reader = try ProofFormat.Reader(bytes, .computation)
    let layout = try reader.layout()
    let root = try reader.id()
    let after = try reader.id()
    var objects: [IdentifiedObject] = []
    while !reader.isAtEnd {
      let object = IdentifiedObject(try reader.object(), reader.algorithm)
      if let last = objects.last, last.id >= object.id {
        throw .badProof("its objects are not in order")
      }
      objects.append(object)
    }
    do {
      try self.init(root: root, after: after, layout: layout, objects: objects)
    } catch .damagedObject(_, _, let reason) {
      throw .badProof(reason)
    }
  }

  /// The written form; the article <doc:Proofs> says what stands where.
  public func encoded() -> Bytes {
    var writer = ProofFormat.Writer(.computation, algorithm)
    writer.add(ProofFormat.byte(of: layout))
    writer.add(root)
    writer.add(after)
    for object in objects { writer.add(object.bytes) }
    return writer.finish()
  }

  /// The tree that the computation began with, as far as the proof has it: reading on from there throws
  /// ``StoreError/notInProof(_:)``.
  public var tree: Tree {
    let objects = zip(ids, objects).map { IdentifiedObject(id: $0, object: $1) }
    return Tree(
      root: Directory(base: before),
      objects: ObjectDatabase(
        engine: ProofObjects(objects, algorithm, layout), cacheSize: 64 << 20))
  }

  /// Runs the computation again, on the proof alone.
  ///
  /// - Parameters:
  ///   - root: The commit or tree that is trusted to be what the computation should begin with.
  ///   - isolation: Where the closure runs: where the caller does.
  ///   - computation: The one that was proved: it must read the same.
  /// - Returns: What the computation gives.
  /// - Throws: ``StoreError/badProof(_:)`` when the proof is about another root, or the computation makes another
  ///   tree than ``after``; ``StoreError/notInProof(_:)`` when it reads what the proof does not have; and what
  ///   it throws itself.
  @discardableResult
  public func verify<Result>(
    root: ObjectID, isolation: isolated (any Actor)? = #isolation,
    _ computation: (inout Tree) async throws -> Result
  ) async throws -> Result {
    guard root == self.root else {
      throw StoreError.badProof("it is about \(self.root), not \(root)")
    }
    var tree = self.tree
    // The root itself may be all that was read.
    _ = try await tree.count()
    let result = try await computation(&tree)
    let made = try await tree.hash(algorithm)
    guard made == after else {
      throw StoreError.badProof("the computation makes the tree \(made), not \(after)")
    }
    return result
  }

  public static func == (left: Proof, right: Proof) -> Bool {
    left.root == right.root && left.after == right.after && left.layout == right.layout
      && left.ids == right.ids
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(root)
    hasher.combine(after)
  }
}

/// What a computation has come to, and the proof of it.
public struct Proved<Result> {
  public let result: Result
  public let proof: Proof
}

extension Proved: Sendable where Result: Sendable {}
