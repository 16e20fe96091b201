import GitObjects
import RedisScripting

/// What a store holds by kind, whether anything leads to it or not.
public struct KindAccounts: Sendable, Hashable {
  /// Of all objects; estimated where a sample was taken.
  public var kinds = KindTotals()
  /// nil: every object was looked at.
  public var sample: Sample?
  /// The largest blobs of those that were looked at, the largest first; chunks of larger ones are left out.
  public var blobs: [SizedBlob] = []

  /// The objects from which an estimate was made.
  public struct Sample: Sendable, Hashable, Codable {
    /// How many were looked at.
    public var objects: Int
    /// How many there are.
    public var of: Int
    /// In 19 of 20 samples all bytes together are less than this away from what is estimated: that is
    /// what objects that differ in size as much as the sample's let one expect.
    public var marginBytes: Int
  }

  /// A blob and the bytes of its content.
  public struct SizedBlob: Sendable, Hashable {
    public var id: ObjectID
    public var bytes: Int
  }
}

/// How objects are counted by kind.
public struct KindAccountOptions: Sendable, Hashable {
  /// How many objects are looked at, drawn from all over the store; nil, or as many as there are: all.
  public var sample: Int?
  /// How many of the largest blobs are named.
  public var blobs = 0

  public init() {}
}

extension Repository {
  /// Counts the objects and their bytes by kind.
  ///
  /// ```swift
  /// let accounts = try await repository.accountsByKind()
  /// print("\(accounts.kinds.blob.bytes) bytes of values")
  /// ```
  ///
  /// Looks at every object, up to 256, or a quarter of a megabyte, in a round trip; only ids and sizes come. With a
  /// sample it looks at so many alone, a hundred in a round trip. Holds some 20 bytes for each object that is looked at.
  /// Beside writers, what comes and goes meanwhile may be counted or not.
  ///
  /// - Parameters:
  ///   - options: Whether a sample is enough, and how many of the largest blobs are named.
  ///   - progress: Called after each step.
  /// - Throws: ``StoreError/unsupported(_:)`` for a store on another backend's layers.
  ///
  /// Source: `git count-objects -v`, `redis-cli --memkeys`.
  public func accountsByKind(
    _ options: KindAccountOptions = KindAccountOptions(),
    progress: (TransferProgress) -> Void = { _ in }
  ) async throws -> KindAccounts {
    let engine = try scripted("accounts")
    let total = try await engine.objectCount()
    func withBlobs(_ accounts: KindAccounts, _ tally: KindTally) async throws -> KindAccounts {
      var accounts = accounts
      accounts.blobs = tally.blobs(without: try await engine.chunks(ofLarge: tally.large))
      return accounts
    }
    var tally = KindTally(blobs: max(0, options.blobs))
    if let sample = options.sample, sample < total {
      try await engine.draw(max(1, sample), into: &tally) {
        progress(
          TransferProgress(phase: "objects", done: $0.objects, total: sample, bytes: $0.bytes))
      }
      return try await withBlobs(tally.estimate(of: total), tally)
    }
    try await engine.forEachSizeStep { step in
      for object in step.objects { tally.add(object) }
      let all = tally.kinds.all
      progress(
        TransferProgress(
          phase: "objects", done: all.objects, total: max(total, all.objects), bytes: all.bytes))
    }
    return try await withBlobs(KindAccounts(kinds: tally.kinds, sample: nil), tally)
  }
}

/// Objects that were met, each counted once.
private struct KindTally {
  private(set) var kinds = KindTotals()
  private var seen: Set<ObjectKey> = []
  private let count: Int
  private var largest: Largest<KindAccounts.SizedBlob>
  /// Blobs of the size that chunks have.
  private var chunkLike: [KindAccounts.SizedBlob] = []
  private(set) var large: [ObjectID] = []
  /// The sum of the squares of their bytes.
  private var squares = 0.0

  init(blobs: Int) {
    count = blobs
    largest = Largest(blobs)
  }

  func blobs(without chunks: Set<ObjectID>) -> [KindAccounts.SizedBlob] {
    let all = (largest.items + chunkLike).filter { !chunks.contains($0.id) }
    return Array(
      all.sorted { ($1.bytes, $0.id) < ($0.bytes, $1.id) }.prefix(count))
  }

  mutating func add(_ object: ScriptedEngine.SizedObject) {
    let size = object.size
    if let id = object.id {
      guard seen.insert(id.key).inserted else { return }
      if size.kind == .blob, count > 0 {
        let blob = KindAccounts.SizedBlob(id: id, bytes: size.bytes)
        if size.isLarge { large.append(id) }
        if size.bytes == ChunkedBlob.chunkSize {
          chunkLike.append(blob)
        } else {
          largest.offer(size.bytes, blob)
        }
      }
    }
    kinds[size.kind].add(bytes: size.own)
    squares += Double(size.own) * Double(size.own)
  }

  func estimate(of total: Int) -> KindAccounts {
    let all = kinds.all
    let looked = Double(all.objects)
    guard looked > 0 else { return KindAccounts(kinds: kinds, sample: nil) }
    let factor = Double(total) / looked
    func scaled(_ number: Int) -> Int { Int((Double(number) * factor).rounded()) }
    var estimate = KindAccounts(kinds: KindTotals(), sample: nil)
    for kind in ObjectKind.allCases.map(Optional.some) + [nil] {
      estimate.kinds[kind] = ObjectTotal(
        objects: scaled(kinds[kind].objects), bytes: scaled(kinds[kind].bytes))
    }
    // The standard error of a total that is drawn without repetition.
    let mean = Double(all.bytes) / looked
    let variance = max(0, squares / looked - mean * mean)
    let rest = max(0, 1 - looked / Double(total))
    let margin = 1.96 * Double(total) * (variance / looked * rest).squareRoot()
    estimate.sample = KindAccounts.Sample(
      objects: all.objects, of: total, marginBytes: Int(margin.rounded()))
    return estimate
  }
}

extension ScriptedEngine {
  private enum Draw {
    static let places = 20
    static let objectsAtEach = 5
    static let bytes = 1 << 20
    /// Rounds that may bring nothing new: then there is hardly anything else.
    static let patience = 20
  }

  /// Draws so many different objects.
  fileprivate func draw(
    _ wanted: Int, into tally: inout KindTally, _ progress: (ObjectTotal) -> Void
  ) async throws {
    var vain = 0
    while tally.kinds.all.objects < wanted, vain < Draw.patience {
      try Task.checkCancellation()
      let before = tally.kinds.all.objects
      let places = (0..<Draw.places).map { _ in UInt32.random(in: 0 ... .max) }
      let found = try await sampleSizes(
        places, objectsAtEach: Draw.objectsAtEach, bytes: Draw.bytes)
      for object in found where tally.kinds.all.objects < wanted { tally.add(object) }
      vain = tally.kinds.all.objects == before ? vain + 1 : 0
      progress(tally.kinds.all)
    }
  }
}
