import GitObjects
import RedisScripting

extension Repository {
  /// The store's settings. One round trip.
  ///
  /// - Throws: ``StoreError/unsupported(_:)`` for a store on another backend's layers.
  public func settings() async throws -> StoreSettings {
    let fields = try await configure(changes: [], reading: ["head", "config.*"])
    let prefix = "ref: "
    let head = fields[0].hasPrefix(prefix) ? String(fields[0].dropFirst(prefix.count)) : fields[0]
    var values = [Setting.head: Branch.name(ofRef: head) ?? head]
    for at in stride(from: 2, to: fields.count - 1, by: 2) {
      // Another version may know more of them.
      let name = String(fields[at].dropFirst("config.".count))
      if let setting = try? Setting.named(name) { values[setting] = fields[at + 1] }
    }
    return StoreSettings(values)
  }

  /// Changes a setting, for every writer of the store from then on. One round trip, two for a quota; for the first
  /// quota, and where the one who set it did not come to the end of counting, all objects
  /// are looked at, some thousands a round trip, and what others store meanwhile may be counted twice until garbage
  /// is collected.
  ///
  /// - Parameters:
  ///   - setting: Such as ``Setting/denyDeletes``.
  ///   - value: As its kind asks; nil: what is usual.
  /// - Returns: The value in the form in which it is kept.
  /// - Throws: ``StoreError/badSetting(_:reason:)``, ``StoreError/unsupported(_:)``.
  @discardableResult
  public func set(_ setting: Setting, to value: String?) async throws -> String? {
    let canonical = try value.map { value throws(StoreError) in try setting.canonical(value) }
    if setting == .head {
      try await setHeadReference("ref: \(Branch.refName(canonical ?? setting.standard))")
    } else {
      let isQuota = setting.isQuota && canonical != nil
      // One who began to count and has not ended may be gone.
      let counts =
        isQuota ? try await configure(changes: [], reading: ["objects", "counting"]) : []
      _ = try await configure(changes: [(setting.field, canonical ?? "")], reading: [])
      if isQuota, counts[0].isEmpty || !counts[1].isEmpty { try await countAll() }
    }
    return canonical
  }

  /// What a store holds.
  public struct Usage: Sendable, Hashable, Codable {
    public let objects: Int64
    /// The bytes of the objects as they are stored.
    public let bytes: Int64
  }

  /// What the store holds, as its quotas count it; nil where it has none. One round trip.
  public func usage() async throws -> Usage? {
    let fields = try await configure(changes: [], reading: ["objects", "bytes"])
    guard let objects = Int64(fields[0]), let bytes = Int64(fields[1]) else { return nil }
    return Usage(objects: objects, bytes: bytes)
  }

  private func countAll() async throws {
    let word = String(UInt64.random(in: 0 ... .max), radix: 16)
    _ = try await configure(changes: [("counting", word)], reading: [])
    var seen: Set<ObjectID> = []
    var bytes = 0
    try await scripted("quotas").forEachScanStep { step in
      for (id, size) in step.objects where seen.insert(id).inserted { bytes += size }
    }
    _ = try await configure(
      changes: [("counted", "\(word) \(seen.count) \(bytes)")], reading: [])
  }

  private func configure(
    changes: [(field: String, value: String)], reading fields: [String]
  ) async throws -> [String] {
    let engine = try scripted("settings")
    let arguments =
      ["\(changes.count)"] + changes.flatMap { [$0.field, $0.value] } + fields
    let reply = try await engine.call(.configure, arguments.map { Bytes($0.utf8) })
    guard let values = reply.array?.compactMap(\.text), values.count >= fields.count else {
      throw engine.unexpected(.configure, reply)
    }
    return values
  }
}
