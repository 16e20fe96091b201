import ArgumentParser
import EmbeddedRedis
import ScriptTool

/// Limits of memory, for every command that opens a host in this process.
struct MemoryOptions: ParsableArguments {
  /// Such as `100mb`.
  struct Size: ExpressibleByArgument {
    let bytes: Int

    init?(argument: String) {
      guard !argument.isEmpty, let bytes = MemorySize.bytes(argument) else { return nil }
      self.bytes = bytes
    }
  }

  @Option(
    name: .customLong("maxmemory"),
    help: ArgumentHelp(
      "Refuse what grows while this process uses more memory, as Redis does with noeviction: a full server is 1 "
        + "(default: no limit).", valueName: "size"))
  var maximumMemory: Size?

  @Option(
    help: ArgumentHelp(
      "The memory for a script's own values, as 100mb or 1gb (default: 2gb).", valueName: "size"))
  var scriptMemoryLimit: Size?

  @Option(
    help: ArgumentHelp(
      "The size that a reply of a script may have (default: 1gb).", valueName: "size"))
  var replyLimit: Size?

  /// Whether any was given.
  var isGiven: Bool { maximumMemory != nil || scriptMemoryLimit != nil || replyLimit != nil }

  var limits: MemoryLimits {
    var limits = MemoryLimits()
    limits.maximumMemory = maximumMemory?.bytes
    limits.script = scriptMemoryLimit?.bytes
    limits.reply = replyLimit?.bytes
    return limits
  }
}
