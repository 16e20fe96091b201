import GitObjects
import RedisScripting

/// What an object is and how large, without its bytes.
struct ObjectSize: Sendable, Hashable {
  /// nil for what is stored and is no object.
  let kind: ObjectKind?
  /// Of its content.
  let bytes: Int
  /// Whether it is a blob whose content is in other ones, its chunks.
  let isLarge: Bool
  /// What is stored for it.
  let kept: Int

  /// - Parameters:
  ///   - header: The start of what is stored, such as `blob 12`, as `header_of` in lua/lib/header.lua finds it.
  ///   - kept: The bytes that are stored.
  init(header: Bytes, kept: Int) {
    self.kept = kept
    isLarge = header.starts(with: ChunkedBlob.kind)
    let header = isLarge ? Bytes("blob".utf8) + header.dropFirst(ChunkedBlob.kind.count) : header
    if let found = try? ObjectHeader(parsing: header + [0]) {
      (kind, bytes) = (found.kind, found.contentSize)
    } else {
      (kind, bytes) = (nil, kept)
    }
  }

  init(_ object: FramedObject) {
    (kind, bytes, kept) = (object.kind, object.contentSize, object.bytes.count)
    isLarge = false
  }

  /// What it adds to all that is stored: the content of a large blob is its chunks'.
  var own: Int { isLarge ? 0 : bytes }
}

/// The first 8 bytes of an object's id, by which accounts tell objects apart where they hold something for each: of
/// ten million objects two have the same once in 370,000 stores.
typealias ObjectKey = UInt64

extension ObjectID {
  var key: ObjectKey { withUnsafeBytes { $0.loadUnaligned(as: ObjectKey.self) } }
}

// MARK: By id

extension ObjectDatabase {
  private enum Limits {
    /// Trees of one request.
    static let trees = 500
    /// Ids of one request for sizes, of which a server needs some four microseconds for each.
    static let sizes = 250
    static let requestsInFlight = 4
    /// Bytes that a script reads to find the sizes of several objects.
    static let bytes = 1 << 18
    /// Objects that are read at once from where nobody says how much may come.
    static let unbatched = 50
  }

  /// How many objects are worth asking for at a time.
  static var manyObjects: Int { Limits.trees * Limits.requestsInFlight }

  /// Reads trees, several requests at once, and gives each as it comes, with its number among the ids. Holds a few
  /// megabytes of them at a time, unless one is larger; the cache stays as it is.
  ///
  /// - Throws: ``StoreError/missingObject(_:in:)``.
  func forEachTree(
    _ ids: [ObjectID], _ body: (Int, TreeObject) throws -> Void
  ) async throws {
    var unread: [Int] = []
    for (number, id) in ids.enumerated() {
      if let tree = cachedTree(id) { try body(number, tree) } else { unread.append(number) }
    }
    try await withThrowingTaskGroup(of: ([Int], [FramedObject?]).self) { group in
      var inFlight = 0
      while true {
        while inFlight < Limits.requestsInFlight, !unread.isEmpty {
          let numbers = Array(unread.suffix(Limits.trees))
          unread.removeLast(numbers.count)
          let wanted = numbers.map { ids[$0] }
          group.addTask { (numbers, try await self.readSome(wanted)) }
          inFlight += 1
        }
        guard let (numbers, found) = try await group.next() else { return }
        inFlight -= 1
        unread += numbers.dropFirst(found.count)
        for (number, object) in zip(numbers, found) {
          guard let object else { throw StoreError.missingObject(ids[number], in: location) }
          try body(number, try parseTree(ids[number], object))
        }
      }
    }
  }

  /// The first of some objects: at least one.
  private func readSome(_ ids: [ObjectID]) async throws -> [FramedObject?] {
    if let engine = engine as? ScriptedEngine { return try await engine.readPage(ids[...]) }
    return try await engine.readObjects(Array(ids.prefix(Limits.unbatched)))
  }

  /// What objects are and how large, 250 in a round trip, several of these at once. From layers of another backend the
  /// objects themselves are read for that.
  ///
  /// - Throws: ``StoreError/missingObject(_:in:)``.
  func sizes(of ids: [ObjectID]) async throws -> [ObjectSize] {
    guard let engine = engine as? ScriptedEngine else {
      return try await inPieces(ids) { piece in
        try await self.engine.readObjects(piece).enumerated().map { at, object in
          guard let object else { throw StoreError.missingObject(piece[at], in: self.location) }
          return ObjectSize(object)
        }
      }
    }
    return try await inPieces(ids) { piece in
      var sizes: [ObjectSize] = []
      while sizes.count < piece.count {
        let rest = piece[sizes.count...]
        for (id, size) in zip(rest, try await engine.someSizes(of: rest, bytes: Limits.bytes)) {
          guard let size else { throw StoreError.missingObject(id, in: self.location) }
          sizes.append(size)
        }
      }
      return sizes
    }
  }

  /// Asks for so many objects at once, several times at once, and answers in order.
  private func inPieces<Answer: Sendable>(
    _ ids: [ObjectID], _ ask: @escaping @Sendable ([ObjectID]) async throws -> [Answer]
  ) async throws -> [Answer] {
    if ids.count <= Limits.sizes { return try await ask(ids) }
    let pieces = stride(from: 0, to: ids.count, by: Limits.sizes).map {
      Array(ids[$0..<min(ids.count, $0 + Limits.sizes)])
    }
    return try await withThrowingTaskGroup(of: (Int, [Answer]).self) { group in
      var answers = [[Answer]](repeating: [], count: pieces.count)
      for (number, piece) in pieces.enumerated() {
        if number >= Limits.requestsInFlight, let (at, answer) = try await group.next() {
          answers[at] = answer
        }
        group.addTask { (number, try await ask(piece)) }
      }
      for try await (at, answer) in group { answers[at] = answer }
      return answers.flatMap { $0 }
    }
  }
}

extension Repository {
  /// The bytes of the contents of some objects, which are not read for that: 250 in a round trip, several of these at
  /// once.
  ///
  /// - Throws: ``StoreError/missingObject(_:in:)``.
  ///
  /// Source: `git cat-file -s`.
  public func sizes(of ids: [ObjectID]) async throws -> [Int] {
    try await objects.sizes(of: ids).map(\.bytes)
  }
}

// MARK: All over the store

extension ScriptedEngine {
  /// An object that a scan or a sample met.
  struct SizedObject: Sendable {
    /// nil where what it is stored under is no id.
    let id: ObjectID?
    let size: ObjectSize
  }

  struct SizeStep: Sendable {
    let cursor: Bytes
    let bytesSeen: Int
    let objects: [SizedObject]
  }

  /// The sizes of the first of some objects: one at least, then as many as can be read in one step; nil for one that is
  /// not stored.
  func someSizes(of ids: ArraySlice<ObjectID>, bytes: Int) async throws -> [ObjectSize?] {
    let reply = try await call(.objectSizes, [Bytes("\(bytes)".utf8)] + ids.map(\.bytes))
    guard let fields = reply.array, fields.count.isMultiple(of: 2), fields.count <= 2 * ids.count,
      !fields.isEmpty || ids.isEmpty
    else { throw unexpected(.objectSizes, reply) }
    return try stride(from: 0, to: fields.count, by: 2).map { at in
      guard let kept = fields[at + 1].integer else { throw unexpected(.objectSizes, reply) }
      return fields[at].bytes.map { ObjectSize(header: $0, kept: Int(kept)) }
    }
  }

  /// Looks at all objects, in steps of a millisecond or so. One that is there all the time comes at least once.
  func forEachSizeStep(_ body: (SizeStep) async throws -> Void) async throws {
    var cursor = Bytes("0".utf8)
    var count = 16
    repeat {
      try Task.checkCancellation()
      let step = try await scanSizes(cursor, count: count)
      try await body(step)
      cursor = step.cursor
      // The server reads the values as it scans, so large ones are taken a few at a time.
      if step.bytesSeen > 1 << 18 {
        count = max(1, count / 2)
      } else if step.bytesSeen < 1 << 17 {
        count = min(256, count * 2)
      }
    } while cursor != Bytes("0".utf8)
  }

  private func scanSizes(_ cursor: Bytes, count: Int) async throws -> SizeStep {
    let reply = try await call(.scanSizes, [cursor, Bytes("\(count)".utf8)])
    guard let fields = reply.array, fields.count >= 2, let next = fields[0].bytes,
      let seen = fields[1].integer, let objects = sizedObjects(fields[2...])
    else { throw unexpected(.scanSizes, reply) }
    return SizeStep(cursor: next, bytesSeen: Int(seen), objects: objects)
  }

  /// Some objects at each of some places.
  func sampleSizes(
    _ places: [UInt32], objectsAtEach count: Int, bytes: Int
  ) async throws -> [SizedObject] {
    let reply = try await call(
      .sampleSizes,
      ["\(count)", "\(bytes)"].map { Bytes($0.utf8) }
        + places.map { Bytes("\($0)".utf8) })
    guard let fields = reply.array, let objects = sizedObjects(fields[...]) else {
      throw unexpected(.sampleSizes, reply)
    }
    return objects
  }

  private func sizedObjects(_ fields: ArraySlice<Reply>) -> [SizedObject]? {
    guard fields.count.isMultiple(of: 3) else { return nil }
    var objects: [SizedObject] = []
    objects.reserveCapacity(fields.count / 3)
    for at in stride(from: fields.startIndex, to: fields.endIndex, by: 3) {
      guard let header = fields[at + 1].bytes, let kept = fields[at + 2].integer else { return nil }
      objects.append(
        SizedObject(
          id: objectID(fields[at]), size: ObjectSize(header: header, kept: Int(kept))))
    }
    return objects
  }
}
