import ArgumentParser

/// How commits get to the server.
enum Method: String, Codable, CaseIterable, ExpressibleByArgument {
  /// WATCH, GET, MULTI, SET, EXEC: a client that builds trees and starts again on a miss. Objects go
  /// in one write, and trees that the process has seen are not read again.
  case reference
  /// The same as the reference document's own code does it: each command waits for its reply, and
  /// nothing is cached.
  case document
  /// The same, but the head is moved by a script that compares it first.
  case cas
  /// The library's public calls.
  case irminsul
  /// Prepared requests of the library's own script, by a loop that does nothing else.
  case scriptLimit = "script-limit"
  /// The same requests for a script that does nothing, by the same loop.
  case emptyLimit = "empty-limit"
  /// SETs of as many bytes, by the same loop.
  case setLimit = "set-limit"

  /// Whether its writers build the trees themselves, and count their own attempts.
  var isPeer: Bool {
    switch self {
    case .reference, .document, .cas: true
    case .irminsul, .scriptLimit, .emptyLimit, .setLimit: false
    }
  }

  /// The commands that its clients send, whose time is the server's work.
  var commands: [String] {
    switch self {
    case .reference, .document: ["watch", "get", "set", "multi", "exec"]
    case .cas: ["get", "set", "evalsha"]
    case .irminsul, .scriptLimit, .emptyLimit: ServerCounters.scriptCommands
    case .setLimit: ["set"]
    }
  }
}
