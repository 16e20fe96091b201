import ArgumentParser
import GitObjects

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
  /// The same on a store with SHA-256 ids.
  case sha256 = "irminsul-sha256"
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
    case .irminsul, .sha256, .scriptLimit, .emptyLimit, .setLimit: false
    }
  }

  /// Whether its commits go into directories of a store of the library.
  var hasDirectories: Bool {
    switch self {
    case .irminsul, .sha256, .scriptLimit: true
    case .reference, .document, .cas, .emptyLimit, .setLimit: false
    }
  }

  /// Whether it speaks to a server by itself, not by the library.
  var needsPlainRedis: Bool { self != .irminsul && self != .sha256 }

  /// Of the store's ids.
  var hash: HashAlgorithm { self == .sha256 ? .sha256 : .sha1 }

  /// The commands that its clients send, whose time is the server's work.
  var commands: [String] {
    switch self {
    case .reference, .document: ["watch", "get", "set", "multi", "exec"]
    case .cas: ["get", "set", "evalsha"]
    case .irminsul, .sha256, .scriptLimit, .emptyLimit: ServerCounters.scriptCommands
    case .setLimit: ["set"]
    }
  }
}
