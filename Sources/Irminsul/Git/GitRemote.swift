import GitObjects
import RedisScripting

/// A store as the remote of a Git repository on this machine: what `git-remote-irminsul` does for git.
///
/// ```swift
/// let remote = GitRemote(repository, for: "/home/ada/project/.git")
/// let refs = try await remote.references(.peeled)
/// try await remote.fetch(refs.map(\.id))
/// ```
///
/// Source: https://git-scm.com/docs/gitremote-helpers
public struct GitRemote: Sendable {
  let repository: Repository
  let folder: String

  /// - Parameters:
  ///   - repository: The store.
  ///   - folder: The Git repository: its `.git`, or the folder of a bare one.
  public init(_ repository: Repository, for folder: String) {
    self.repository = repository
    self.folder = folder
  }

  /// A ref of the store.
  public struct Reference: Sendable, Hashable {
    /// The full name; one that ends in `^{}` stands for what a tag leads to.
    public let name: String
    public let id: ObjectID
  }

  /// Whether what annotated tags lead to is listed, too.
  public enum Detail: Sendable {
    case plain
    case peeled
  }

  /// All refs, sorted. One round trip for each thousand, and two for annotated tags.
  public func references(_ detail: Detail) async throws -> [Reference] {
    var references = try await repository.refs().filter { !$0.key.hasSuffix("/") }
      .map { Reference(name: $0.key, id: $0.value) }
    if detail == .peeled {
      let others = references.filter { Branch.name(ofRef: $0.name) == nil }
      var targets: [ObjectID: ObjectID] = [:]
      var level = Array(Set(others.map(\.id)))
      while !level.isEmpty {
        var tags: [ObjectID] = []
        for start in stride(from: 0, to: level.count, by: 1000) {
          let batch = Array(level[start..<min(level.count, start + 1000)])
          tags += zip(batch, try await repository.engine.kinds(of: batch))
            .filter { $1 == .tag }.map(\.0)
        }
        level = []
        for (id, object) in zip(tags, try await repository.objects.read(tags)) {
          do {
            let tag = try TagObject(object, algorithm: repository.algorithm)
            targets[id] = tag.object
            if tag.kind == .tag { level.append(tag.object) }
          } catch {
            throw StoreError.damagedObject(id, in: repository.location, reason: "\(error)")
          }
        }
      }
      for reference in others {
        guard var id = targets[reference.id] else { continue }
        while let next = targets[id] { id = next }
        references.append(Reference(name: "\(reference.name)^{}", id: id))
      }
    }
    return references.sorted { $0.name < $1.name }
  }

  /// The Git repository, if its ids are of the store's kind.
  func local() async throws -> LocalRepository {
    let local = try await LocalRepository(folder: folder)
    guard local.algorithm == repository.algorithm else {
      throw StoreError.git(
        .wrongHash(
          path: local.folder, found: local.algorithm.rawValue,
          store: repository.algorithm.rawValue))
    }
    return local
  }
}
