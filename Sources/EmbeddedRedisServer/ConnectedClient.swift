import EmbeddedRedis
import Foundation
import RedisScripting

/// One connection, as also the others see it by CLIENT LIST and change it by CLIENT KILL.
final class ConnectedClient: Sendable {
  /// Which commands are answered.
  enum Answers {
    case all, none
    /// All but that to this command, and then but the next one.
    case allButNext, allButThis
  }

  /// How CLIENT UNBLOCK ends a client's waiting.
  enum Release {
    case asTimeout, withError
  }

  struct State {
    var mode = ClientMode(version: .two, database: 0)
    var name: Bytes = []
    var lastCommand: String?
    var lastSeen = ContinuousClock.now
    /// How many commands there are since MULTI.
    var queued: Int?
    var isBlocked = false
    var release: Release?
    /// What CLIENT NO-EVICT has set: nothing is evicted.
    var isSpared = false
    /// Nothing more is read from it.
    var isEnding = false
    var answers = Answers.all
  }

  /// Its number among the connections of the server.
  let id: Int
  let address: String
  let localAddress: String
  let watcher = KeyWatcher()
  private let since = ContinuousClock.now
  private let state = Locked(State())
  /// Closes its connection.
  let close: @Sendable () -> Void

  init(id: Int, address: String, localAddress: String, close: @escaping @Sendable () -> Void) {
    self.id = id
    self.address = address
    self.localAddress = localAddress
    self.close = close
  }

  var now: State { state.withLock { $0 } }

  var mode: ClientMode { now.mode }

  var version: WireReply.Version { mode.version }

  func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }

  /// Ends its waiting, if it waits.
  func release(_ release: Release) -> Bool {
    state.withLock { state in
      if state.isBlocked { state.release = release }
      return state.isBlocked
    }
  }

  /// The line of CLIENT LIST. What has no meaning here, such as sizes of buffers, is 0.
  var line: String {
    let now = now
    var flags = now.queued == nil ? "" : "x"
    if now.isBlocked { flags += "b" }
    if watcher.isTouched { flags += "d" }
    if now.isSpared { flags += "e" }
    let time = ContinuousClock.now
    return "id=\(id) addr=\(address) laddr=\(localAddress) fd=0"
      + " name=\(String(decoding: now.name, as: UTF8.self))"
      + " age=\((time - since).components.seconds) idle=\((time - now.lastSeen).components.seconds)"
      + " flags=\(flags.isEmpty ? "N" : flags) db=\(now.mode.database) sub=0 psub=0 ssub=0 multi=\(now.queued ?? -1)"
      + " qbuf=0 qbuf-free=0 argv-mem=0 multi-mem=0 rbs=0 rbp=0 obl=0 oll=0 omem=0 tot-mem=0"
      + " events=r cmd=\(now.lastCommand ?? "NULL") user=default redir=-1"
      + " resp=\(now.mode.version.rawValue)\n"
  }
}

/// The connections of a server, and whether they are to wait.
final class ConnectedClients: Sendable {
  private struct State {
    var clients: [Int: ConnectedClient] = [:]
    var pause: (end: ContinuousClock.Instant, isForWrites: Bool)?
  }

  private let state = Locked(State())
  /// Those that wait for elements.
  let line = WaitingLine()

  /// In the order in which they came.
  var all: [ConnectedClient] {
    state.withLock { $0.clients.values.sorted { $0.id < $1.id } }
  }

  func add(_ client: ConnectedClient) { state.withLock { $0.clients[client.id] = client } }

  func remove(_ client: ConnectedClient) { state.withLock { $0.clients[client.id] = nil } }

  subscript(id: Int) -> ConnectedClient? { state.withLock { $0.clients[id] } }

  /// Lets all commands wait, or only those that write. A pause that there is can become longer and stricter only.
  func pause(for milliseconds: Int64, writesOnly: Bool) {
    // Redis' own number for the end: what does not fit into it lies in the past.
    let (_, isPast) = milliseconds.addingReportingOverflow(
      Int64(Date().timeIntervalSince1970 * 1000))
    if isPast { return }
    // Some hundred years, which a clock can still add.
    let end = ContinuousClock.now + .milliseconds(min(milliseconds, 1 << 42))
    state.withLock { state in
      guard let old = state.pause, old.end > ContinuousClock.now else {
        state.pause = (end, writesOnly)
        return
      }
      state.pause = (max(end, old.end), writesOnly && old.isForWrites)
    }
  }

  func unpause() { state.withLock { $0.pause = nil } }

  func isPaused(writing: Bool) -> Bool {
    state.withLock { state in
      guard let pause = state.pause, pause.end > ContinuousClock.now else { return false }
      return writing || !pause.isForWrites
    }
  }
}
