import GitObjects
import RedisScripting

/// The refs of a store as they all were at one moment, by full name in bytes: as text, two names that are the same
/// letters in other code points would be one.
struct RefListing: Sendable {
  var refs: [Bytes: ObjectID] = [:]
  /// What refs with annotated tags lead to in the end, where that was asked for and is known.
  var peeled: [Bytes: ObjectID] = [:]
  /// What is among the refs and is none, with the reason as the end of a sentence; where that was asked for.
  var broken: [Bytes: String] = [:]
  /// What the store's HEAD says.
  var head = ""
  /// The newest position of the log at that moment.
  var position: Int64 = 0
  /// Refs that are not branches and were set while the listing was made: it is not known what they lead to.
  var unpeeled: Set<Bytes> = []
}

extension ScriptedEngine {
  /// Whether a listing says what annotated tags lead to.
  enum TagDetail: String {
    case plain = ""
    case peeled = "peel"
  }

  /// What becomes of a listing with something in it that is no ref.
  enum BrokenRefs {
    /// It ends with `StoreError.damagedStore`.
    case refused
    /// It ends so only for a ref that has lost its id: who prunes would take it for deleted.
    case collectedIfNamesAreNone
    case collected

    fileprivate func collects(_ name: Bytes, hasID: Bool) -> Bool {
      switch self {
      case .refused: false
      case .collectedIfNamesAreNone: hasID || !name.starts(with: "refs/".utf8)
      case .collected: true
      }
    }
  }

  private enum ListingLimits {
    static let refs = 2000
    static let changes = 1000
    /// A listing is begun anew when the log does not reach back to its begin any more.
    static let attempts = 3
  }

  /// One round trip for each two thousand refs; where there are more, the changes that others made meanwhile are
  /// read from the log and made in the listing, in one more for each thousand of them.
  func listing(
    prefix: String, _ tags: TagDetail = .plain, _ brokenRefs: BrokenRefs = .refused
  ) async throws -> RefListing {
    var attempts = 0
    while true {
      attempts += 1
      do {
        return try await readListing(prefix, tags, brokenRefs)
      } catch StoreError.logTrimmed where attempts < ListingLimits.attempts {
      } catch StoreError.storeReplaced where attempts < ListingLimits.attempts {}
    }
  }

  private func readListing(
    _ prefix: String, _ tags: TagDetail, _ brokenRefs: BrokenRefs
  ) async throws -> RefListing {
    var listing = RefListing()
    var cursor: Bytes = Bytes("0".utf8)
    var start: Int64?
    repeat {
      try Task.checkCancellation()
      let reply = try await call(
        .listRefs,
        [
          cursor, Bytes("\(ListingLimits.refs)".utf8), Bytes(prefix.utf8),
          Bytes(tags.rawValue.utf8),
        ])
      guard let fields = reply.array, fields.count >= 3, fields.count % 3 == 0,
        let next = fields[0].bytes, let position = fields[1].integer, let head = fields[2].text
      else { throw unexpected(.listRefs, reply) }
      noticePosition(position)
      listing.head = head
      listing.position = position
      start = start ?? position
      for at in stride(from: 3, to: fields.count, by: 3) {
        guard let name = fields[at].bytes else { throw unexpected(.listRefs, reply) }
        let id = objectID(fields[at + 1])
        guard let id, String(validating: name, as: UTF8.self) != nil else {
          let reason = id == nil ? "holds no id" : "has a name that is not UTF-8"
          guard brokenRefs.collects(name, hasID: id != nil) else {
            throw damagedRef(name, reason)
          }
          listing.broken[name] = reason
          continue
        }
        listing.refs[name] = id
        listing.peeled[name] = objectID(fields[at + 2])
      }
      cursor = next
    } while cursor != Bytes("0".utf8)
    if let start, start != listing.position {
      try await catchUp(&listing, from: start, prefix)
    }
    return listing
  }

  /// Makes the changes that came between the first and the last step of a listing. What did not change was there in
  /// each of them, so that all is then as it was at the last one.
  ///
  /// Source: https://redis.io/docs/latest/commands/scan/#scan-guarantees
  private func catchUp(
    _ listing: inout RefListing, from start: Int64, _ prefix: String
  ) async throws {
    var position = start
    guard listing.position > start else {
      throw StoreError.storeReplaced(after: start, in: location)
    }
    while position < listing.position {
      let page = try await logPage(.after(position), count: ListingLimits.changes)
      guard let last = page.events.last, page.newest >= listing.position else {
        throw StoreError.storeReplaced(after: position, in: location)
      }
      position = last.position
      for event in page.events
      where event.position <= listing.position && event.ref.utf8.starts(with: prefix.utf8) {
        let name = Bytes(event.ref.utf8)
        listing.refs[name] = event.new
        listing.broken[name] = nil
        listing.peeled[name] = nil
        if event.new == nil || RefTable.isBranch(name) {
          listing.unpeeled.remove(name)
        } else {
          listing.unpeeled.insert(name)
        }
      }
    }
  }

  private func damagedRef(_ name: Bytes, _ reason: String) -> StoreError {
    let name = String(decoding: name, as: UTF8.self)
    let remedy =
      name.hasPrefix(Branch.refPrefix)
      ? " (set it anew, or remove it: irminsul branch --delete "
        + "\(ShellWord(String(name.dropFirst(Branch.refPrefix.count)))))" : ""
    return .damagedStore(
      name: keys.storeName, in: location, reason: "its ref \"\(name)\" \(reason)\(remedy)")
  }
}
