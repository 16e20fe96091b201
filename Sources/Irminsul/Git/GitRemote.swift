import GitObjects
import RedisScripting

/// A store as the remote of a Git repository on this machine: what `git-remote-irminsul` does for git.
///
/// ```swift
/// let remote = GitRemote(repository, for: "/home/ada/project/.git")
/// let listing = try await remote.listing(.peeled)
/// try await remote.fetch(listing.references.map(\.id))
/// ```
///
/// Source: https://git-scm.com/docs/gitremote-helpers
public struct GitRemote: Sendable {
  let repository: Repository
  private let folder: Folder

  /// - Parameters:
  ///   - repository: The store.
  ///   - folder: The Git repository: its `.git`, or the folder of a bare one.
  public init(_ repository: Repository, for folder: String) {
    self.repository = repository
    self.folder = Folder(path: folder, look: nil)
  }

  /// - Parameters:
  ///   - repository: The store.
  ///   - folder: The Git repository.
  public init(_ repository: Repository, for folder: Folder) {
    self.repository = repository
    self.folder = folder
  }

  /// The Git repository on this machine.
  public struct Folder: Sendable {
    fileprivate let path: String
    fileprivate let look: Task<LocalRepository, any Error>?

    fileprivate init(path: String, look: Task<LocalRepository, any Error>?) {
      self.path = path
      self.look = look
    }

    /// Begins to look at a repository, so that this goes on while the store is opened.
    ///
    /// - Parameter path: Its `.git`, or the folder of a bare one.
    public init(lookingAt path: String) {
      self.init(path: path, look: Task { try await LocalRepository(folder: path) })
    }
  }

  /// A ref of the store.
  public struct Reference: Sendable, Hashable {
    /// The full name; one that ends in `^{}` stands for what a tag leads to.
    public let name: String
    public let id: ObjectID

    /// What a tag leads to follows it at once, as git wants it: other names may begin like the tag's.
    fileprivate func precedes(_ other: Reference) -> Bool {
      let (own, theirs) = (key, other.key)
      if own.name.elementsEqual(theirs.name) { return !own.isTarget && theirs.isTarget }
      return own.name.lexicographicallyPrecedes(theirs.name)
    }

    private var key: (name: Substring.UTF8View, isTarget: Bool) {
      let isTarget = name.hasSuffix("^{}")
      return (name.dropLast(isTarget ? 3 : 0).utf8, isTarget)
    }
  }

  /// Whether what annotated tags lead to is listed, too.
  public enum Detail: Sendable {
    case plain
    case peeled
  }

  /// What a remote says of itself.
  public struct Listing: Sendable, Hashable {
    /// `ref: ` and the name of a branch, or an id.
    public let head: String
    /// Sorted by name; what a tag leads to comes right after it.
    public let references: [Reference]
    /// What is kept among the refs and is none.
    public let broken: [BrokenReference]
  }

  /// A field among the refs that another program, or damage, has left there. `verify` finds it, too.
  public struct BrokenReference: Sendable, Hashable {
    /// With `\u{FFFD}` for what is not UTF-8.
    public let name: String
    /// The end of a sentence about it.
    public let reason: String
  }

  /// All refs and HEAD as they were at one moment. One round trip for each two thousand refs; one more for each thousand
  /// changes that others make meanwhile, where there are more than a thousand.
  ///
  /// - Parameter detail: With ``Detail/peeled``, as a fetch wants it, a ref that has lost its id is an error and not left out.
  /// - Throws: `GitError.unusableRef` for a name that git forbids, `StoreError.damagedStore`.
  public func listing(_ detail: Detail) async throws -> Listing {
    let engine = try repository.scripted("a listing for git")
    let found = try await engine.listing(
      prefix: "", detail == .peeled ? .peeled : .plain,
      detail == .peeled ? .collectedIfNamesAreNone : .collected)
    var references: [Reference] = []
    var broken = found.broken
    for (bytes, id) in found.refs {
      let name = String(decoding: bytes, as: UTF8.self)
      guard bytes.starts(with: "refs/".utf8) else {
        broken[bytes] = "does not start with \"refs/\""
        continue
      }
      try Self.check(bytes, name)
      references.append(Reference(name: name, id: id))
      if let target = found.peeled[bytes] {
        references.append(Reference(name: "\(name)^{}", id: target))
      }
    }
    if detail == .peeled {
      references += try await peeled(
        found.unpeeled.filter { broken[$0] == nil }.compactMap { name in
          found.refs[name].map { Reference(name: String(decoding: name, as: UTF8.self), id: $0) }
        })
    }
    references.sort { $0.precedes($1) }
    let head = found.head.isEmpty ? "ref: refs/heads/main" : found.head
    return Listing(
      head: head, references: references,
      broken: broken.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map {
        BrokenReference(name: String(decoding: $0.key, as: UTF8.self), reason: $0.value)
      })
  }

  /// Refuses a name that git would not take, or take for something else.
  private static func check(_ bytes: Bytes, _ name: String) throws(StoreError) {
    guard let problem = RefName.problem(bytes) else { return }
    var remedy = "Remove it from the store."
    for (prefix, command) in [(Branch.refPrefix, "branch"), (Repository.tagPrefix, "tag")]
    where name.hasPrefix(prefix) {
      let word = ShellWord(String(name.dropFirst(prefix.count)))
      remedy = "Remove it: irminsul \(command) --delete \(word)"
    }
    throw .git(.unusableRef(name: name, reason: "\(problem), says git\n\(remedy)"))
  }

  /// What some refs lead to, where they hold annotated tags.
  private func peeled(_ references: [Reference]) async throws -> [Reference] {
    var targets: [ObjectID: ObjectID] = [:]
    var level = Array(Set(references.map(\.id)))
    while !level.isEmpty {
      let kinds = try await repository.engine.kinds(of: level)
      let tags = zip(level, kinds).filter { $1 == .tag }.map(\.0)
      level = []
      for (id, object) in zip(tags, try await repository.objects.read(tags)) {
        do {
          let tag = try TagObject(object, algorithm: repository.algorithm)
          targets[id] = tag.object
          if tag.kind == .tag, targets[tag.object] == nil { level.append(tag.object) }
        } catch {
          throw StoreError.damagedObject(id, in: repository.location, reason: "\(error)")
        }
      }
    }
    return references.compactMap { reference in
      guard var id = targets[reference.id] else { return nil }
      while let next = targets[id] { id = next }
      return Reference(name: "\(reference.name)^{}", id: id)
    }
  }

  /// The Git repository, if its ids are of the store's kind.
  func local() async throws -> LocalRepository {
    if let early = try? await folder.look?.value, early.algorithm == repository.algorithm {
      return early
    }
    // A clone gets the store's kind of ids when git has been told of it.
    let local = try await LocalRepository(folder: folder.path)
    guard local.algorithm == repository.algorithm else {
      throw StoreError.git(
        .wrongHash(
          path: local.folder, found: local.algorithm.rawValue,
          store: repository.algorithm.rawValue))
    }
    return local
  }
}
