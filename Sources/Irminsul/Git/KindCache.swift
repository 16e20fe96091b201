import GitObjects

/// The kinds of objects that were met lately, in bounded memory: when the newer half is full, the
/// older half goes.
struct KindCache {
  private let capacity: Int
  private var newer: [ObjectID: ObjectKind] = [:]
  private var older: [ObjectID: ObjectKind] = [:]

  /// - Parameter capacity: Entries of each half; an entry takes about 60 bytes.
  init(capacity: Int = 1 << 18) {
    self.capacity = capacity
  }

  mutating func kind(of id: ObjectID) -> ObjectKind? {
    if let kind = newer[id] { return kind }
    guard let kind = older[id] else { return nil }
    insert(id, kind)
    return kind
  }

  mutating func insert(_ id: ObjectID, _ kind: ObjectKind) {
    if newer.count >= capacity {
      older = newer
      newer = [:]
    }
    newer[id] = kind
  }
}
