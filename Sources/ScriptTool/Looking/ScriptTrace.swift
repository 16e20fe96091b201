import EmbeddedRedis
import RedisScripting

/// What a script did, step by step.
package enum TraceEvent: Sendable {
  /// A line begins, or a loop comes back to it.
  case line(ScriptLine)
  /// A `redis.call` or `redis.pcall` was answered; its number from 1, and the line that called.
  case call(Int, ScriptLine?, [Bytes], Reply, Duration)
}

/// Runs a script in this process and tells each step.
package enum ScriptTrace {
  /// Runs it on a keyspace of its own.
  ///
  /// - Parameter each: Told of each step at once, on the thread of the script.
  /// - Returns: The script's reply.
  package static func run(
    _ call: ScriptCall, _ plan: ScriptHostPlan, each: @escaping @Sendable (TraceEvent) -> Void
  ) async throws(ScriptToolError) -> Reply {
    // The commands of the seed are no script's, and the observer does not see them.
    let count = Locked(0)
    let host = try await plan.open { configuration in
      configuration.hook = ScriptHook(events: .lines) { pause in
        if let frame = pause.frame(), frame.isScript, let line = call.line(frame.line) {
          each(.line(line))
        }
        return .goOn
      }
      configuration.observer = { observed in
        let number = count.withLock { count in
          count += 1
          return count
        }
        each(
          .call(
            number, call.line(observed.line), observed.arguments, observed.reply,
            observed.duration))
      }
    }
    let reply = try await call.run(on: host)
    await host.close()
    return reply
  }
}

extension ScriptPause.Frame {
  /// Whether it is a function of the script's text, and not of the libraries or of loadstring.
  var isScript: Bool { !isNative && source == "@user_script" }
}
