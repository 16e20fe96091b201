import ArgumentParser

/// A kind of fault that a run injects.
enum FaultKind: String, CaseIterable, Codable, Sendable, ExpressibleByArgument {
  /// The connection ends before the request arrives.
  case cutBefore = "cut-before"
  /// Half of the request arrives, then the connection ends.
  case cutRequest = "cut-request"
  /// The request is applied, its answer is dropped, and the connection ends.
  case cutAfter = "cut-after"
  /// The request is applied, half of its answer passes, and the connection ends.
  case cutAnswer = "cut-answer"
  /// The connection ends by RST instead of FIN, at any of the places above.
  case reset
  /// The client's connection ends, and its request arrives all the same, when the client may have
  /// sent it again over another connection.
  case late
  /// Nothing passes in either direction, sometimes for longer than a client waits.
  case stall
  /// What passes is late by some milliseconds.
  case delay
  /// SCRIPT FLUSH.
  case scriptFlush = "script-flush"
  /// CLIENT KILL TYPE normal.
  case clientKill = "client-kill"
  /// The server's process stands still, sometimes for longer than a client waits.
  case serverFreeze = "server-freeze"
  /// kill -9 of the server, and a start on its folder.
  case serverKill = "server-kill"
  /// kill -9 of a process with writers, and a start of another one in its place.
  case writerKill = "writer-kill"
  /// kill -9 of a process that collects garbage, and a start of another one in its place.
  case collectorKill = "collector-kill"

  /// Who injects it.
  enum Injector {
    case proxy, driver
  }

  var injector: Injector {
    switch self {
    case .cutBefore, .cutRequest, .cutAfter, .cutAnswer, .reset, .late, .stall, .delay: .proxy
    case .scriptFlush, .clientKill, .serverFreeze, .serverKill, .writerKill, .collectorKill: .driver
    }
  }

  /// Whether there must be a server for it.
  var needsServer: Bool { self != .writerKill && self != .collectorKill }

  /// Whether garbage must be collected beside the writers for it.
  var needsCollector: Bool { self == .collectorKill }

  /// Whether a process ends by it.
  var isKill: Bool { self == .serverKill || self == .writerKill || self == .collectorKill }

  /// How often it comes beside the others of its injector.
  var weight: Int {
    switch self {
    case .stall, .serverFreeze, .serverKill: 1
    case .writerKill, .collectorKill, .delay: 2
    default: 3
    }
  }
}
