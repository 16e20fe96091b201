import GitObjects
import RedisScripting

/// How much a store holds.
public struct StoreStatistics: Sendable, Hashable, Codable {
  public let objects: Int64
  public let branches: Int
  public let otherRefs: Int
  /// Entries of the log that are kept.
  public let logEntries: Int64
  /// Ref changes since the store was made.
  public let position: Int64
  /// Requests whose repetition is recognised.
  public let tokens: Int64
}

extension Repository {
  /// How much the store holds. Two round trips, and more for thousands of refs.
  public func statistics() async throws -> StoreStatistics {
    let engine = try scripted("statistics")
    let reply = try await engine.call(.stats, [])
    guard let values = reply.array?.map(\.integer), values.count == 5,
      let objects = values[0], let entries = values[1], let position = values[2],
      let tokens = values[3]
    else { throw engine.unexpected(.stats, reply) }
    let refs = try await engine.refs(prefix: "")
    let branches = refs.keys.count { Branch.name(ofRef: $0) != nil }
    return StoreStatistics(
      objects: objects, branches: branches, otherRefs: refs.count - branches,
      logEntries: entries, position: position, tokens: tokens)
  }

  /// Deletes the whole store from its host for good, in bounded steps beside other work: from the
  /// first step on every other operation refuses it. The repository is of no use afterwards. When
  /// it is interrupted, it can be run again.
  ///
  /// - Parameters:
  ///   - name: The store's name once more, so that the wrong one is not deleted by accident.
  ///   - host: Where it is.
  ///   - progress: Called with the number of objects that are left.
  public static func deleteStore(
    named name: String, on host: any ScriptHost, progress: (Int64) -> Void = { _ in }
  ) async throws {
    let keys = try StoreKeys(storeName: name)
    var arguments = ["1000", "1", "0"]
    do {
      let meta = try await host.run(
        Command(arguments: [Bytes("EXISTS".utf8), keys.key("meta")]))
      guard meta.integer == 1 else {
        throw StoreError.storeAbsent(name: name, in: host.location)
      }
      while true {
        let reply = try await host.run(
          .deleteStore, keys: keys.keys(of: .deleteStore),
          arguments: arguments.map { Bytes($0.utf8) })
        guard let fields = reply.array else {
          throw StoreError.unexpectedReply("delete_store", in: host.location)
        }
        if fields.count == 1 { return }
        guard fields.count == 3, let number = fields[0].integer, let cursor = fields[1].text,
          let left = fields[2].integer
        else { throw StoreError.unexpectedReply("delete_store", in: host.location) }
        progress(left)
        arguments = ["1000", "\(number)", cursor]
      }
    } catch let error as HostError {
      throw StoreError.host(error)
    }
  }
}
