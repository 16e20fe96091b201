import ArgumentParser

/// How commits get to the server.
enum Method: String, Codable, CaseIterable, ExpressibleByArgument {
  /// WATCH, GET, MULTI, SET, EXEC: a client that builds trees and starts again on a miss.
  case reference
  /// The same, but the head is moved by a script that compares it first.
  case cas
  /// The library's public calls.
  case irminsul
  /// Prepared requests of the library's own script, by a loop that does nothing else.
  case scriptLimit = "script-limit"
  /// SETs of as many bytes, by the same loop.
  case setLimit = "set-limit"

  /// The commands that its clients send, whose time is the server's work.
  var commands: [String] {
    switch self {
    case .reference: ["watch", "get", "set", "multi", "exec"]
    case .cas: ["get", "set", "evalsha"]
    case .irminsul, .scriptLimit: ServerCounters.scriptCommands
    case .setLimit: ["set"]
    }
  }
}
