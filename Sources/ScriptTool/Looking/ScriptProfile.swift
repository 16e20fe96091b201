import EmbeddedRedis
import RedisScripting

/// Where a script spends instructions and time.
package struct ScriptProfile: Sendable {
  package struct Line: Sendable {
    package let line: ScriptLine
    /// Instructions of the interpreter in one run.
    package let instructions: Int
    /// The time in one run, that of its commands among it.
    package let time: Duration
    /// The time of its commands.
    package let commandTime: Duration
  }

  /// The lines, those that take the most time first.
  package let lines: [Line]
  /// Nanoseconds of one run by the functions that are running, the outermost first.
  package let stacks: [[String]: Int64]
  /// How many runs the times are the mean of.
  package let runs: Int
  package let reply: Reply

  package var instructions: Int { lines.reduce(0) { $0 + $1.instructions } }
  package var time: Duration { lines.reduce(.zero) { $0 + $1.time } }

  /// Runs a script once for its instructions, and so many times for its times, each time on a keyspace of its own; fewer
  /// times, once at least, when that takes longer than the time limit and five seconds.
  ///
  /// A script that is looked at is slower: its times are there to be compared with each other.
  package static func run(
    _ call: ScriptCall, _ plan: ScriptHostPlan, times: Int
  ) async throws(ScriptToolError) -> ScriptProfile {
    let counts = Locked<[Int: Int]>([:])
    let counting = try await plan.open { configuration in
      configuration.hook = ScriptHook(events: .instructions, interval: 1) { pause in
        if let line = scriptLine(of: pause) { counts.withLock { $0[line, default: 0] += 1 } }
        return .goOn
      }
    }
    let reply = try await call.run(on: counting)
    await counting.close()

    let watch = Locked(Watch())
    var runs: Int64 = 0
    let end = ContinuousClock.now + max(.seconds(5), plan.timeLimit)
    while runs < times, runs == 0 || ContinuousClock.now < end {
      runs += 1
      let host = try await plan.open { configuration in
        configuration.hook = ScriptHook(events: [.lines, .calls, .returns]) { pause in
          watch.withLock { $0.step(pause, call) }
          return .goOn
        }
        configuration.observer = { observed in
          watch.withLock { $0.note(observed) }
        }
      }
      _ = try await call.run(on: host)
      watch.withLock { $0.end() }
      await host.close()
    }
    let count = runs
    return watch.withLock { watch in
      let instructions = counts.withLock { $0 }
      let numbers = Set(watch.lines.keys).union(instructions.keys)
      let lines: [Line] = numbers.compactMap { number in
        guard let line = call.line(number) else { return nil }
        return Line(
          line: line, instructions: instructions[number] ?? 0,
          time: .nanoseconds((watch.lines[number] ?? 0) / count),
          commandTime: .nanoseconds((watch.commands[number] ?? 0) / count))
      }
      return ScriptProfile(
        lines: lines.sorted {
          ($0.time, $0.instructions, $1.line.place) > ($1.time, $1.instructions, $0.line.place)
        },
        stacks: watch.stacks.mapValues { $0 / count }, runs: Int(count), reply: reply)
    }
  }

  /// The line of the script that runs, or that called the library's function that runs.
  private static func scriptLine(of pause: ScriptPause, from level: Int = 0) -> Int? {
    var level = level
    while let frame = pause.frame(level) {
      if frame.isScript { return frame.line }
      level += 1
    }
    return nil
  }

  /// Adds up the time between two looks.
  private struct Watch {
    /// Functions that are told apart of those that are running.
    private static let deepest = 100

    var lines: [Int: Int64] = [:]
    var commands: [Int: Int64] = [:]
    var stacks: [[String]: Int64] = [:]
    private var line: Int?
    private var stack: [String] = []
    private var last: ContinuousClock.Instant?
    /// Nanoseconds since the last look that commands took.
    private var inCommands: Int64 = 0

    mutating func step(_ pause: ScriptPause, _ call: ScriptCall) {
      add()
      let frames = pause.innermost(Self.deepest)
      // The function that returns is still there, and what follows is its caller's.
      let left = pause.event == .returns ? frames.dropFirst() : frames[...]
      line = left.first { $0.isScript }?.line
      // What is around the script is the host's, and so is some of what is called.
      stack = left.reversed().drop { !$0.isScript }.filter { !$0.isOwn }.map { frame in
        if frame.isNative { return frame.name ?? "a function" }
        if frame.firstLine == 0 { return call.text.name }
        return frame.name ?? call.line(frame.firstLine)?.place ?? "function"
      }
      last = .now
    }

    mutating func note(_ observed: ObservedCall) {
      let time = observed.duration.nanoseconds
      inCommands += time
      let name = observed.arguments.first.map { String(decoding: $0, as: UTF8.self).uppercased() }
      stacks[stack + [name ?? "?"], default: 0] += time
      if let line {
        commands[line, default: 0] += time
        lines[line, default: 0] += time
      }
    }

    mutating func end() {
      add()
      (line, stack, last) = (nil, [], nil)
    }

    private mutating func add() {
      defer { inCommands = 0 }
      guard let last, !stack.isEmpty else { return }
      let time = max(0, (ContinuousClock.now - last).nanoseconds - inCommands)
      stacks[stack, default: 0] += time
      if let line { lines[line, default: 0] += time }
    }
  }

  /// The lines as a table, and the sums.
  package var text: String {
    let total = max(1, time.nanoseconds)
    var rows = ["instructions  microseconds  of them commands   share  line"]
    func right(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(0, width - text.count)) + text
    }
    for line in lines {
      let tenths = line.time.nanoseconds * 1000 / total
      rows.append(
        right("\(line.instructions)", 12) + right(line.time.microsecondsText, 14)
          + right(line.commandTime.microsecondsText, 18)
          + right("\(tenths / 10).\(tenths % 10)%", 8)
          + "  \(line.line.place): \(line.line.text.drop { $0 == " " || $0 == "\t" })")
    }
    let commands = lines.reduce(Duration.zero) { $0 + $1.commandTime }
    rows.append(
      right("\(instructions)", 12) + right(time.microsecondsText, 14)
        + right(commands.microsecondsText, 18) + right("100.0%", 8) + "  total")
    return rows.joined(separator: "\n")
  }
}

extension Duration {
  var nanoseconds: Int64 {
    components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
  }

  /// Microseconds with one decimal.
  package var microsecondsText: String {
    let tenths = (nanoseconds + 50) / 100
    return "\(tenths / 10).\(tenths % 10)"
  }
}
