import GitObjects
import RedisScripting

extension Repository {
  /// The id that a revision names, as `git rev-parse` reads it: a branch, a tag or a full ref name,
  /// `HEAD`, `NAME@{n}` for what a ref was at before its last n changes, an id or its unique prefix of four digits or
  /// more, each followed by any of `~n`, `^n`, `^{}`, `^{commit}`, `^{tree}`.
  ///
  /// A few round trips; a prefix looks at every object's id.
  ///
  /// - Throws: ``StoreError/noSuchObject(_:in:)``, ``StoreError/ambiguous(_:candidates:)``;
  ///   ``StoreError/historyCut(_:at:in:)`` for what comes before a commit at which the history has been cut.
  public func resolve(_ revision: String) async throws -> ObjectID {
    let end = revision.firstIndex { $0 == "~" || $0 == "^" } ?? revision.endIndex
    var id = try await resolveName(String(revision[..<end]), in: revision)
    var rest = revision[end...]
    while let mark = rest.popFirst() {
      if mark == "^", rest.hasPrefix("{") {
        guard let close = rest.firstIndex(of: "}") else { throw noSuchObject(revision) }
        let kind = String(rest[rest.index(after: rest.startIndex)..<close])
        guard kind.isEmpty || ObjectKind(rawValue: kind) != nil else {
          throw noSuchObject(revision)
        }
        id = try await peel(id, to: kind)
        rest = rest[rest.index(after: close)...]
        continue
      }
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      rest = rest.dropFirst(digits.count)
      guard mark == "~" || mark == "^", let number = digits.isEmpty ? 1 : Int(digits) else {
        throw noSuchObject(revision)
      }
      id = try await peel(id, to: "commit")
      if mark == "~" {
        for _ in 0..<number {
          id = try await parent(1, of: id, in: revision)
        }
      } else if number > 0 {
        id = try await parent(number, of: id, in: revision)
      }
    }
    return id
  }

  private func parent(
    _ number: Int, of id: ObjectID, in revision: String
  ) async throws -> ObjectID {
    var reader = CommitReader(objects)
    let record = try await reader.record(id)
    if number <= record.cutParents.count {
      throw StoreError.historyCut("\"\(revision)\"", at: id, in: location)
    }
    guard number <= record.parents.count else { throw noSuchObject(revision) }
    return record.parents[number - 1]
  }

  /// The commit that a revision names; a tag is followed to its commit.
  public func resolveCommit(_ revision: String) async throws -> Commit {
    try await commit(try await peel(try await resolve(revision), to: "commit"))
  }

  /// The entry that `REV:PATH` names, or the object that `REV` names.
  public func resolveEntry(_ revision: String) async throws -> Entry {
    guard let colon = revision.firstIndex(of: ":") else {
      let id = try await resolve(revision)
      let object = try await objects.read(id)
      return Entry(mode: object.kind == .tree ? .tree : .blob, id: id)
    }
    return try await resolveEntry(
      String(revision[..<colon]), path: Path(String(revision[revision.index(after: colon)...])))
  }

  /// The entry at a path of what a revision names; an empty revision is `HEAD`. The path may be one
  /// that is not UTF-8.
  ///
  /// - Throws: ``StoreError/notFound(_:in:)`` and what ``resolve(_:)`` throws.
  public func resolveEntry(_ revision: String, path: Path) async throws -> Entry {
    let head = revision.isEmpty ? "HEAD" : revision
    let root = try await peel(try await resolve(head), to: "tree")
    guard let entry = try await tree(root).entry(path) else {
      throw StoreError.notFound(path, in: head)
    }
    return entry
  }

  private func resolveName(_ name: String, in revision: String) async throws -> ObjectID {
    if name == "HEAD" {
      let head = try await headReference()
      if let id = ObjectID(hex: head) { return id }
      if let id = try await engine.ref(String(head.dropFirst("ref: ".count))) { return id }
      throw noSuchObject(revision)
    }
    if name.hasSuffix("}"), let at = name.range(of: "@{") {
      let digits = name[at.upperBound...].dropLast()
      guard let number = Int(digits), number >= 0, digits.allSatisfy(\.isNumber) else {
        throw noSuchObject(revision)
      }
      return try await earlier(String(name[..<at.lowerBound]), number, in: revision)
    }
    // A name that ends with a slash is no ref: the store keeps counts under such names.
    for ref in [name, "refs/\(name)", "refs/tags/\(name)", "refs/heads/\(name)"]
    where ref.hasPrefix("refs/") && !ref.hasSuffix("/") {
      if let id = try await engine.ref(ref) { return id }
    }
    if let id = ObjectID(hex: name), id.algorithm == algorithm {
      if try await objects.find(id) != nil { return id }
      throw noSuchObject(revision)
    }
    guard name.utf8.count >= 4, name.utf8.count < 2 * algorithm.byteCount,
      name.allSatisfy(\.isHexDigit)
    else { throw noSuchObject(revision) }
    let ids = try await scripted("abbreviated ids").ids(startingWith: name.lowercased())
    guard let id = ids.first else { throw noSuchObject(revision) }
    if ids.count > 1 { throw StoreError.ambiguous(name, candidates: ids.sorted()) }
    return id
  }

  /// What a branch or a ref was at before its last `number` changes; HEAD's branch for no name.
  private func earlier(
    _ name: String, _ number: Int, in revision: String
  ) async throws -> ObjectID {
    var names = ["refs/heads/\(name)", name, "refs/\(name)", "refs/tags/\(name)"]
    if name.isEmpty || name == "HEAD" {
      names = [String(try await headReference().dropFirst("ref: ".count))]
    }
    for ref in names where ref.hasPrefix("refs/") {
      if let id = try await earlier(ref, number) { return id }
    }
    throw noSuchObject(revision)
  }

  /// Follows tags, and commits to their trees, until an object of the kind is reached.
  private func peel(_ id: ObjectID, to kind: String) async throws -> ObjectID {
    var id = id
    while true {
      let object = try await objects.read(id)
      if object.kind.rawValue == kind || (kind.isEmpty && object.kind != .tag) { return id }
      switch object.kind {
      case .tag:
        do {
          id = try TagObject(object, algorithm: algorithm).object
        } catch {
          throw StoreError.damagedObject(id, in: location, reason: "\(error)")
        }
      case .commit where kind == "tree": id = try await objects.rootTree(of: id)
      default:
        if kind == "commit" { throw StoreError.notACommit(id) }
        throw StoreError.noSuchObject("\(id)^{\(kind)}", in: location)
      }
    }
  }

  private func noSuchObject(_ revision: String) -> StoreError {
    .noSuchObject(revision, in: location)
  }
}

extension ScriptedEngine {
  /// One step of a scan over all objects.
  struct ScanStep {
    let cursor: Bytes
    let bytesSeen: Int
    /// Sizes as they are stored.
    let objects: [(id: ObjectID, size: Int)]
  }

  func scan(_ cursor: Bytes, count: Int, prefix: String = "") async throws -> ScanStep {
    let reply = try await call(
      .scanObjects, [cursor, Bytes("\(count)".utf8), Bytes(prefix.utf8)])
    guard let fields = reply.array, fields.count >= 2, fields.count.isMultiple(of: 2),
      let next = fields[0].bytes, let seen = fields[1].integer
    else { throw unexpected(.scanObjects, reply) }
    let objects = try stride(from: 2, to: fields.count, by: 2).map { at in
      guard let id = objectID(fields[at]), let size = fields[at + 1].integer else {
        throw unexpected(.scanObjects, reply)
      }
      return (id: id, size: Int(size))
    }
    return ScanStep(cursor: next, bytesSeen: Int(seen), objects: objects)
  }

  func ids(startingWith prefix: String) async throws -> Set<ObjectID> {
    var found: Set<ObjectID> = []
    try await forEachScanStep(prefix: prefix) { step in
      found.formUnion(step.objects.map(\.id))
    }
    return found
  }

  /// Scans all objects in steps that look at about a megabyte each.
  func forEachScanStep(
    prefix: String = "", _ body: (ScanStep) async throws -> Void
  ) async throws {
    var cursor = Bytes("0".utf8)
    var count = 16
    repeat {
      let step = try await scan(cursor, count: count, prefix: prefix)
      try await body(step)
      cursor = step.cursor
      // The server reads the values as it scans, so large ones are taken a few at a time.
      if step.bytesSeen > 1 << 20 {
        count = max(1, count / 2)
      } else if step.bytesSeen < 1 << 19 {
        count = min(1000, count * 2)
      }
    } while cursor != Bytes("0".utf8)
  }
}
