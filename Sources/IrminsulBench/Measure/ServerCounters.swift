import Foundation
import RedisScripting

/// What a Redis server has counted so far. Two of them, before and after, tell what a measurement
/// has cost it.
///
/// Source: https://redis.io/docs/latest/commands/info/
struct ServerCounters {
  struct Command: Equatable {
    var calls = 0
    var microseconds = 0
  }

  private(set) var commands: [String: Command] = [:]
  /// Bytes of everything that the server holds, buffers of clients included.
  private(set) var memory = 0
  /// Bytes of the server's process that are in the machine's memory.
  private(set) var residentMemory = 0
  /// Objects that are still to be freed in the background.
  private(set) var lazyFreeing = 0
  private(set) var clients = 0
  /// The number of the server's process.
  private(set) var process: Int?
  /// Seconds on a processor.
  private(set) var processorTime = 0.0
  private(set) var version = ""

  init(_ connection: RespConnection) throws {
    let reply = try connection.call(["INFO", "everything"])
    guard let text = reply.text else { throw BenchError("the server has no INFO") }
    self.init(info: text)
  }

  init(info text: String) {
    for line in text.split(whereSeparator: \.isNewline) {
      let pair = line.split(separator: ":", maxSplits: 1)
      guard pair.count == 2 else { continue }
      let value = String(pair[1])
      switch pair[0] {
      case "redis_version": version = value
      case "used_memory": memory = Int(value) ?? 0
      case "process_id": process = Int(value)
      case "used_memory_rss": residentMemory = Int(value) ?? 0
      case "lazyfree_pending_objects": lazyFreeing = Int(value) ?? 0
      case "connected_clients": clients = Int(value) ?? 0
      case "used_cpu_user", "used_cpu_sys": processorTime += Double(value) ?? 0
      case let name where name.hasPrefix("cmdstat_"):
        commands[String(name.dropFirst("cmdstat_".count))] = Self.command(value)
      default: break
      }
    }
  }

  /// What was counted since an earlier moment.
  func since(_ earlier: ServerCounters) -> ServerCounters {
    var difference = self
    for (name, before) in earlier.commands {
      difference.commands[name]?.calls -= before.calls
      difference.commands[name]?.microseconds -= before.microseconds
    }
    difference.memory -= earlier.memory
    difference.processorTime -= earlier.processorTime
    return difference
  }

  /// Calls and time of some commands together.
  func total(_ names: [String]) -> Command {
    names.reduce(into: Command()) { sum, name in
      sum.calls += commands[name]?.calls ?? 0
      sum.microseconds += commands[name]?.microseconds ?? 0
    }
  }

  /// What a client sends to run a script. What the script itself calls is counted in its time.
  static let scriptCommands = ["evalsha", "eval", "evalsha_ro", "eval_ro", "fcall", "fcall_ro"]

  /// Reads `calls=21,usec=175,usec_per_call=8.33,…`.
  private static func command(_ text: String) -> Command {
    var command = Command()
    for field in text.split(separator: ",") {
      let pair = field.split(separator: "=")
      guard pair.count == 2 else { continue }
      if pair[0] == "calls" { command.calls = Int(pair[1]) ?? 0 }
      if pair[0] == "usec" { command.microseconds = Int(pair[1]) ?? 0 }
    }
    return command
  }
}
