import GitObjects
import Logging
import RedisScripting

/// A store: branches with their histories, in Redis, in a file, or in memory.
///
/// ```swift
/// let repository = try await Repository.open("redis://localhost:6379")
/// let main = repository.branch("main")
/// try await main.set("config/theme", to: "dark", "Go dark")
/// print(try await main.get("config/theme", as: String.self))
/// await repository.close()
/// ```
///
/// Safe to use from any number of tasks. Handles of it share one cache and few connections.
///
/// Source: Irmin's `Repo`.
public final class Repository: Sendable {
  /// The storage formats that this version reads and writes: `1` for stores of the layout
  /// ``DirectoryLayout/git``, `2` for those of ``DirectoryLayout/wide``, which a version from before it
  /// would misread.
  public static let formats = DirectoryLayout.allCases.map(\.format)

  let engine: any StoreEngine
  let objects: ObjectDatabase
  let options: Options

  /// Choices of one handle; the store itself does not keep them.
  public struct Options: Sendable {
    /// Who makes commits whose ``Info`` does not say.
    public var author = Person("Irminsul", "irminsul@localhost")
    /// Bytes of memory for objects that were read or written.
    public var cacheSize = 64 << 20
    /// What to do when there is no such store.
    public var creation: Creation = .ifAbsent
    /// The ids of a store that is made; nil: SHA-1. A store that is there must have these.
    public var hash: HashAlgorithm?
    /// How directories are kept in a store that is made; nil: ``DirectoryLayout/git``. A store that is
    /// there must have this layout.
    public var layout: DirectoryLayout?
    /// Whether a server is accepted that may evict keys.
    public var eviction: EvictionPolicy = .refused
    /// Where warnings go.
    public var logger = Logger(label: "irminsul")

    public init() {}
  }

  /// What to do when there is no such store.
  public enum Creation: Sendable {
    case ifAbsent
    /// ``StoreError/storeAbsent(name:in:)`` is thrown.
    case never
  }

  /// Opens a store on a host, in two or three round trips.
  ///
  /// - Parameters:
  ///   - host: What runs the scripts.
  ///   - name: Several stores on one server have different names.
  ///   - options: Choices of this handle, and of a store that is made.
  /// - Throws: ``StoreError/unknownFormat(found:supported:in:)``, ``StoreError/wrongHash(found:asked:in:)``,
  ///   ``StoreError/host(_:)`` for a host that is not fit.
  public init(host: any ScriptHost, name: String = "irminsul", options: Options = Options())
    async throws
  {
    let keys = try StoreKeys(storeName: name)
    // Beside the checks, which may wait for the same server; nothing is made before they have passed.
    async let found = Self.run(.open, [], host, keys)
    do {
      for warning in try await host.checkFitness(eviction: options.eviction) {
        options.logger.warning("\(warning)")
      }
    } catch {
      throw StoreError.host(error)
    }
    let state = try await Self.openStore(try await found, host, keys, options)
    let engine = ScriptedEngine(
      host: host, keys: keys, algorithm: state.algorithm, layout: state.layout,
      position: state.position)
    self.engine = engine
    self.options = options
    objects = ObjectDatabase(engine: engine, cacheSize: options.cacheSize)
  }

  /// A store made from a backend's layers.
  public init(backend: some Backend, options: Options = Options()) {
    if let scripted = backend as? ScriptedBackend {
      engine = scripted.engine
    } else {
      engine = BackendEngine(backend)
    }
    self.options = options
    objects = ObjectDatabase(engine: engine, cacheSize: options.cacheSize)
  }

  init(engine: any StoreEngine, objects: ObjectDatabase, options: Options) {
    self.engine = engine
    self.objects = objects
    self.options = options
  }

  /// - Parameter found: What `open.lua` has answered. Most stores are there: no writer of a file stands in the way
  ///   of opening it.
  private static func openStore(
    _ found: [String?], _ host: any ScriptHost, _ keys: StoreKeys, _ options: Options
  ) async throws -> (algorithm: HashAlgorithm, layout: DirectoryLayout, position: Int64) {
    var fields = found
    if fields.first == "absent" {
      guard options.creation == .ifAbsent else {
        throw StoreError.storeAbsent(name: keys.storeName, in: host.location)
      }
      let layout = options.layout ?? .git
      let hash = options.hash ?? .sha1
      var explanation: [Bytes] = []
      if layout == .wide, let id = WideNode.explanations[hash] {
        explanation = [id.bytes, WideNode.explanation.bytes]
      }
      fields = try await run(
        .create,
        [
          layout.format, hash.rawValue, "ref: refs/heads/main", "100000",
          host.mayLoseAnswers ? "1000000" : "10000",
          String(UInt64.random(in: 0 ... .max), radix: 16),
          layout.rawValue,
        ].map { Bytes($0.utf8) } + explanation, host, keys)
    }
    guard fields.count == 6, let found = fields[1], let hash = fields[2] else {
      throw StoreError.unexpectedReply("open", in: host.location)
    }
    if found == "deleted" {
      throw StoreError.storeDeleted(name: keys.storeName, in: host.location)
    }
    guard formats.contains(found) else {
      throw StoreError.unknownFormat(
        found: "\(found.isEmpty ? "?" : found) with \(hash.isEmpty ? "?" : hash) ids",
        supported: formats, in: host.location)
    }
    guard let algorithm = HashAlgorithm(rawValue: hash) else {
      throw StoreError.wrongHash(
        found: hash, asked: (options.hash ?? .sha1).rawValue, in: host.location)
    }
    if let asked = options.hash, asked != algorithm {
      throw StoreError.wrongHash(found: hash, asked: asked.rawValue, in: host.location)
    }
    // A store of before there were several has none.
    let kind = fields[5].flatMap { $0.isEmpty ? nil : $0 } ?? DirectoryLayout.git.rawValue
    guard let layout = DirectoryLayout(rawValue: kind), layout.format == found else {
      throw StoreError.unknownFormat(
        found: "\(found) with the layout \(kind)", supported: formats, in: host.location)
    }
    if let asked = options.layout, asked != layout {
      throw StoreError.wrongLayout(found: layout, asked: asked, in: host.location)
    }
    return (algorithm, layout, fields[4].flatMap { Int64($0) } ?? 0)
  }

  private static func run(
    _ script: Script, _ arguments: [Bytes], _ host: any ScriptHost, _ keys: StoreKeys
  ) async throws -> [String?] {
    let reply: Reply
    do {
      reply = try await host.run(
        script, keys: keys.keys(of: script), arguments: arguments)
    } catch .refused(_, _, let refusal) where refusal.code == "DAMAGED" {
      throw StoreError.damagedStore(
        name: keys.storeName, in: host.location,
        reason: "its record is gone, and \(refusal.message) is there")
    } catch {
      throw StoreError.host(error)
    }
    guard let fields = reply.array?.map(\.text) else {
      throw StoreError.unexpectedReply(script.name, in: host.location)
    }
    return fields
  }

  /// Where the store is, for messages; without a password.
  public var location: String { engine.location }

  /// The store's name, which tells it from others in the same place; empty for another backend's.
  public var name: String { (engine as? ScriptedEngine)?.keys.storeName ?? "" }

  /// How it keeps its directories.
  public var layout: DirectoryLayout { engine.layout }

  /// Which ids its objects have.
  public var algorithm: HashAlgorithm { engine.algorithm }

  /// The classic layers below the store; nil for one that was made from another backend.
  public var backend: ScriptedBackend? {
    (engine as? ScriptedEngine).map(ScriptedBackend.init)
  }

  /// A handle of a branch, which need not exist. No round trip.
  public func branch(_ name: String = "main") -> Branch {
    Branch(repository: self, name: name)
  }

  /// A commit by id. One round trip, none when it is cached.
  ///
  /// - Throws: ``StoreError/missingObject(_:in:)``, ``StoreError/notACommit(_:)``.
  public func commit(_ id: ObjectID) async throws -> Commit {
    try await objects.commit(id)
  }

  /// The tree of a commit, or a tree by its own id. Loaded as it is read.
  public func tree(_ id: ObjectID) async throws -> Tree {
    let object = try await objects.read(id)
    let root = object.kind == .commit ? try await objects.rootTree(of: id) : id
    _ = try await objects.tree(root)
    return Tree(root: Directory(base: root), objects: objects)
  }

  /// Any object by id; nil when it is not stored. One round trip, none when it is cached.
  public func object(_ id: ObjectID) async throws -> FramedObject? {
    try await objects.find(id)
  }

  /// Releases connections and files. May be called again; every other call then throws
  /// ``StoreError/host(_:)`` with `HostError.closed`.
  public func close() async {
    await engine.close()
  }

  /// A token for a write that may have to be made again after a crash. One round trip: how long it will
  /// be remembered counts from the store's present position.
  public func makeToken() async throws -> RequestToken {
    guard let engine = engine as? ScriptedEngine else { return RequestToken(position: 0) }
    return RequestToken(position: try await engine.logPage(.before(nil), count: 1).newest)
  }

  /// A branch's part of a request with everything but its edits.
  func request(ref: String, _ info: Info) -> BranchRequest {
    let date = info.date ?? .now
    let author = info.author ?? options.author
    let identity = Identity(author, at: date)
    return BranchRequest(
      ref: ref, author: identity,
      committer: info.committer.map { Identity($0, at: date) } ?? identity,
      message: info.messageBytes)
  }
}
