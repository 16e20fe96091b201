import RedisScripting

/// One field of the objects, as a scan meets it.
struct ScannedObject: Sendable {
  let key: Bytes
  /// nil for an object that is too large to come with others.
  let bytes: Bytes?
}

extension ScriptedEngine {
  struct ContentStep: Sendable {
    let items: [ScannedObject]
    /// Bytes that the server has looked at.
    let seen: Int
    /// Where to go on; nil at the end.
    let next: Bytes?
  }

  func objectCount() async throws -> Int {
    let reply = try await call(.stats, [])
    guard let count = reply.array?.first?.integer else { throw unexpected(.stats, reply) }
    return Int(count)
  }

  /// The step after another one; nil after the last.
  func scanContents(after step: ContentStep, count: Int, bytes: Int) async throws -> ContentStep? {
    guard let cursor = step.next else { return nil }
    return try await scanContents(from: cursor, count: count, bytes: bytes)
  }

  /// A step through all objects with their bytes.
  func scanContents(from cursor: Bytes, count: Int, bytes: Int) async throws -> ContentStep {
    let reply = try await call(
      .scanContents, [cursor, Bytes("\(count)".utf8), Bytes("\(bytes)".utf8)])
    guard let fields = reply.array, fields.count >= 2, fields.count.isMultiple(of: 2),
      let next = fields[0].bytes, let seen = fields[1].integer
    else { throw unexpected(.scanContents, reply) }
    let items = try stride(from: 2, to: fields.count, by: 2).map { at in
      guard let key = fields[at].bytes else { throw unexpected(.scanContents, reply) }
      if case .integer = fields[at + 1] { return ScannedObject(key: key, bytes: nil) }
      return ScannedObject(key: key, bytes: fields[at + 1].bytes)
    }
    return ContentStep(
      items: items, seen: Int(seen), next: next == Bytes("0".utf8) ? nil : next)
  }
}
