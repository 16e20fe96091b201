import RedisScripting

extension Script {
  /// The names of the store's scripts by their SHA-1, as a server that counts or logs them tells them apart.
  package static var storeScripts: [String: String] {
    Dictionary(uniqueKeysWithValues: all.map { ($0.sha1, $0.name) })
  }

  /// All scripts of a store.
  package static var allOfStore: [Script] { all }
}
