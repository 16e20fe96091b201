import RedisScripting

/// The names of a store's keys. The hash tag `{name}` keeps them in one slot of a cluster.
struct StoreKeys: Sendable {
  let storeName: String

  init(storeName: String) throws(StoreError) {
    let isSound = storeName.utf8.allSatisfy {
      $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "{") && $0 != UInt8(ascii: "}")
    }
    guard !storeName.isEmpty, storeName.utf8.count <= 200, isSound else {
      throw .badStoreName(
        storeName, reason: "use 1 to 200 bytes, no spaces, braces or control characters")
    }
    self.storeName = storeName
  }

  /// The key that a script's header calls by this name, such as `objects`.
  func key(_ kind: String) -> Bytes { Bytes("{\(storeName)}:\(kind)".utf8) }

  func keys(of script: Script) -> [Bytes] { script.keys.map(key) }
}
