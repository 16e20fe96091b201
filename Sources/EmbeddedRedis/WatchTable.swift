import RedisScripting
import Synchronization

/// A client that watches keys, as WATCH has it.
package final class KeyWatcher: Sendable {
  private let touched = Atomic(false)

  package init() {}

  /// Whether one of the keys has changed.
  package var isTouched: Bool { touched.load(ordering: .acquiring) }

  func touch() { touched.store(true, ordering: .releasing) }

  func reset() { touched.store(false, ordering: .releasing) }
}

/// Who watches which keys of a keyspace, whose one thread is the only one here.
struct WatchTable {
  private var watchers: [Bytes: [KeyWatcher]] = [:]
  private var keys: [ObjectIdentifier: [Bytes]] = [:]

  var isEmpty: Bool { watchers.isEmpty }

  mutating func add(_ watcher: KeyWatcher, _ key: Bytes) {
    guard keys[ObjectIdentifier(watcher)]?.contains(key) != true else { return }
    keys[ObjectIdentifier(watcher), default: []].append(key)
    watchers[key, default: []].append(watcher)
  }

  mutating func remove(_ watcher: KeyWatcher) {
    for key in keys.removeValue(forKey: ObjectIdentifier(watcher)) ?? [] {
      let rest = (watchers[key] ?? []).filter { $0 !== watcher }
      watchers[key] = rest.isEmpty ? nil : rest
    }
  }

  func keys(of watcher: KeyWatcher) -> [Bytes] { keys[ObjectIdentifier(watcher)] ?? [] }

  /// Tells those who watch a key, who need to hear of no other one then.
  mutating func touch(_ key: Bytes) {
    for watcher in watchers[key] ?? [] {
      watcher.touch()
      remove(watcher)
    }
  }

  /// ``touch(_:)`` for all watched keys of some.
  mutating func touch(where isMeant: (Bytes) -> Bool) {
    for key in watchers.keys.filter(isMeant) { touch(key) }
  }
}
