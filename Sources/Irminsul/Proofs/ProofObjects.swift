import GitObjects
import RedisScripting

/// The objects of a proof, and no others.
final class ProofObjects: ReadingEngine {
  private let objects: [ObjectID: FramedObject]
  let algorithm: HashAlgorithm
  let layout: DirectoryLayout

  init(_ objects: [IdentifiedObject], _ algorithm: HashAlgorithm, _ layout: DirectoryLayout) {
    self.objects = Dictionary(objects.map { ($0.id, $0.object) }) { first, _ in first }
    self.algorithm = algorithm
    self.layout = layout
  }

  var location: String { "the proof" }
  var maximumObjectSize: Int { .max }

  func readObjects(_ ids: [ObjectID]) async throws -> [FramedObject?] {
    try ids.map { id in
      guard let object = objects[id] else { throw StoreError.notInProof(id) }
      try object.checkLayout(layout, algorithm)
      return object
    }
  }

  func trail(_ directory: ObjectID, _ name: Bytes) async throws -> [IdentifiedObject] { [] }
}

extension FramedObject {
  /// Refuses a tree that another layout would read otherwise: if a proof could say how to read it, whoever
  /// makes one could choose.
  func checkLayout(_ layout: DirectoryLayout, _ algorithm: HashAlgorithm) throws(StoreError) {
    guard layout == .git, kind == .tree,
      let tree = try? TreeObject(parsing: content, algorithm: algorithm), WideNode.isTop(tree)
    else { return }
    throw .unsupported(
      "a proof through the folder \(id(algorithm)), which looks like a part of a wide directory "
        + "in a store whose directories are not wide")
  }
}
