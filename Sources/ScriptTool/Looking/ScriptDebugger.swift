import EmbeddedRedis
import RedisScripting

/// Steps through a script in this process, with the commands of `redis-cli --ldb` and some more.
package final class ScriptDebugger: Sendable {
  /// What a script is stopped for.
  private enum Mode {
    /// At the next line of any function.
    case step
    /// At the next line that is not deeper than so many functions.
    case next(Int)
    /// At a breakpoint.
    case run
  }

  private struct State {
    var mode = Mode.step
    var breakpoints: [Breakpoint] = []
    /// Why the next stop is one, when it is not the mode.
    var reason: String?
    var ending: Ending?
    /// Since when it runs without a stop.
    var begun = ContinuousClock.now
  }

  private struct Breakpoint: Equatable {
    let file: String
    let number: Int
  }

  private enum Ending { case aborted, restarted }

  private let call: ScriptCall
  private let plan: ScriptHostPlan
  private let patience: Duration
  private let read: @Sendable () -> String?
  private let write: @Sendable (String) -> Void
  private let state = Locked(State())

  /// - Parameters:
  ///   - patience: After how long a script that goes on is stopped, as it may be without an end.
  ///   - read: The next command, nil at their end.
  ///   - write: Takes lines of text.
  package init(
    _ call: ScriptCall, _ plan: ScriptHostPlan, patience: Duration,
    read: @escaping @Sendable () -> String?,
    write: @escaping @Sendable (String) -> Void
  ) {
    (self.call, self.plan, self.patience) = (call, plan, patience)
    (self.read, self.write) = (read, write)
  }

  /// Runs the script to its end, or until it is aborted.
  ///
  /// - Returns: The script's reply; nil when it was aborted.
  package func run() async throws(ScriptToolError) -> Reply? {
    while true {
      let host = try await plan.open { configuration in
        configuration.hook = ScriptHook(events: [.lines, .calls]) { [self] in look($0) }
      }
      state.withLock { $0.begun = .now }
      let reply = try await call.run(on: host)
      await host.close()
      let ending = state.withLock { state in
        defer {
          state.ending = nil
          state.mode = .step
        }
        return state.ending
      }
      switch ending {
      case nil: return reply
      case .aborted: return nil
      case .restarted: continue
      }
    }
  }

  private func look(_ pause: ScriptPause) -> ScriptHook.Answer {
    guard let frame = pause.frame() else { return .goOn }
    if pause.event == .calls {
      if frame.isNative, frame.name == "breakpoint" {
        state.withLock { $0.reason = "redis.breakpoint() called" }
      }
      return .goOn
    }
    guard frame.isScript, let line = call.line(frame.line) else { return .goOn }
    guard let reason = reason(at: line, pause) else { return .goOn }
    write("* Stopped at \(shown(line)), stop reason = \(reason)")
    write(listed(line, current: line))
    let answer = converse(pause, line)
    state.withLock { $0.begun = .now }
    return answer
  }

  /// Why to stop at a line, if at all.
  private func reason(at line: ScriptLine, _ pause: ScriptPause) -> String? {
    state.withLock { state in
      if let reason = state.reason {
        state.reason = nil
        return reason
      }
      if state.breakpoints.contains(Breakpoint(file: line.file, number: line.number)) {
        return "break point"
      }
      switch state.mode {
      case .step: return "step over"
      case .next(let depth): if isAt(depth, pause) { return "step over" }
      case .run: break
      }
      return ContinuousClock.now - state.begun < patience
        ? nil : "timeout reached, infinite loop?"
    }
  }

  private func depthOf(_ pause: ScriptPause) -> Int { pause.stack.count { !$0.isNative } }

  /// Whether no more than so many functions of the script are running. Nobody waits for the depth of a deep recursion.
  private func isAt(_ depth: Int, _ pause: ScriptPause) -> Bool {
    var (level, found) = (0, 0)
    while let frame = pause.frame(level) {
      if !frame.isNative { found += 1 }
      if found > depth { return false }
      level += 1
    }
    return true
  }

  // MARK: Commands

  /// Takes commands until one lets the script go on.
  private func converse(_ pause: ScriptPause, _ line: ScriptLine) -> ScriptHook.Answer {
    while let text = read() {
      let words = text.split(separator: " ", maxSplits: 1).map(String.init)
      guard let command = words.first else { continue }
      let rest = words.count > 1 ? words[1] : ""
      switch command {
      case "s", "step":
        state.withLock { $0.mode = .step }
        return .goOn
      case "n", "next":
        let depth = depthOf(pause)
        state.withLock { $0.mode = .next(depth) }
        return .goOn
      case "c", "continue":
        state.withLock { $0.mode = .run }
        return .goOn
      case "a", "abort", "quit", "q": return end(.aborted)
      case "restart": return end(.restarted)
      case "b", "break": breakpoint(rest, line)
      case "l", "list": list(rest, line)
      case "w", "whole": whole(line)
      case "p", "print":
        if rest.isEmpty {
          printLocals(pause)
        } else if isUnknown(rest, pause) {
          write("No such variable.")
        } else {
          printValue(rest, pause)
        }
      case "locals": printLocals(pause)
      case "e", "eval": printValue(rest, pause)
      case "t", "trace", "where": printStack(pause)
      case "r", "redis": redis(rest, pause)
      case "h", "help": write(Self.help)
      default:
        write(
          "<error> Unknown Lua debugger command '\(command)', or wrong number of arguments. See help."
        )
      }
    }
    return end(.aborted)
  }

  private func end(_ ending: Ending) -> ScriptHook.Answer {
    state.withLock { $0.ending = ending }
    return .stop
  }

  private static let help = """
    s, step               go on to the next line, also of a function that is called
    n, next               go on to the next line of this function
    c, continue           go on to the next break point
    l, list [line] [n]    the lines around here, or around a line
    w, whole              the whole file
    p, print [value]      a local, or the value of an expression; without one all locals
    locals                all locals
    e, eval expression    the value of an expression, which may call redis.call
    b, break              the break points
    b, break [file:]line  stop there; with - before the number no more; 0: no more at all
    t, trace, where       the functions that are running
    r, redis command      run a command
    restart               begin again, with the keys as they were
    a, abort, quit        end the script; what it wrote is gone
    """

  private func breakpoint(_ text: String, _ line: ScriptLine) {
    if text.isEmpty {
      let all = state.withLock { $0.breakpoints }
      if all.isEmpty { return write("No breakpoints set. Use 'b <line>' to add one.") }
      for point in all {
        if let place = find(point) { write(listed(place, current: line)) }
      }
      return
    }
    if text == "0" {
      state.withLock { $0.breakpoints = [] }
      return write("All breakpoints removed.")
    }
    let parts = text.split(separator: ":").map(String.init)
    let file = parts.count > 1 ? parts[0] : call.text.path
    guard let number = Int(parts[parts.count - 1]) else {
      return write("<error> break takes a line: break 12, break lib/tree.lua:3")
    }
    let files = Set(call.text.lines.map(\.file))
    let name = files.first { $0 == file } ?? files.first { $0.hasSuffix("/" + file) } ?? file
    let point = Breakpoint(file: name, number: abs(number))
    if number < 0 {
      let isThere = state.withLock { state in
        let isThere = state.breakpoints.contains(point)
        state.breakpoints.removeAll { $0 == point }
        return isThere
      }
      return write(isThere ? "Breakpoint removed." : "<error> No breakpoint in this line.")
    }
    guard let target = find(point) else { return write("<error> Wrong line number.") }
    state.withLock { state in
      if !state.breakpoints.contains(point) { state.breakpoints.append(point) }
    }
    write(listed(target, current: line))
  }

  private func find(_ point: Breakpoint) -> ScriptLine? {
    call.text.lines.first { $0.file == point.file && $0.number == point.number }
  }

  private func list(_ text: String, _ line: ScriptLine) {
    let numbers = text.split(separator: " ").compactMap { Int($0) }
    let (centre, around) = (numbers.first ?? line.number, numbers.count > 1 ? numbers[1] : 5)
    for other in call.text.lines
    where other.file == line.file && abs(other.number - centre) <= around {
      write(listed(other, current: line))
    }
  }

  private func whole(_ line: ScriptLine) {
    for other in call.text.lines where other.file == line.file {
      write(listed(other, current: line))
    }
  }

  private func printLocals(_ pause: ScriptPause) {
    let locals = pause.locals()
    for local in locals + pause.upvalues() {
      write("<value> \(local.name) = \(local.value.literal)")
    }
    if locals.isEmpty, pause.upvalues().isEmpty {
      write("No local variables in the current context.")
    }
  }

  /// Whether a text is a name that stands for nothing here.
  private func isUnknown(_ text: String, _ pause: ScriptPause) -> Bool {
    guard text.wholeMatch(of: #/[A-Za-z_][A-Za-z0-9_]*/#) != nil,
      !(pause.locals() + pause.upvalues()).contains(where: { $0.name == text })
    else { return false }
    do throws(ScriptEvaluationError) {
      _ = try pause.evaluate(text)
      return false
    } catch {
      return true
    }
  }

  private func printValue(_ expression: String, _ pause: ScriptPause) {
    do throws(ScriptEvaluationError) {
      let values = try pause.evaluate(expression)
      write(
        values.isEmpty
          ? "<retval> nothing" : "<value> \(values.map(\.literal).joined(separator: ", "))")
    } catch {
      write("<error> \(error)")
    }
  }

  private func printStack(_ pause: ScriptPause) {
    for (at, frame) in pause.stack.enumerated() where !frame.isNative {
      let name = frame.firstLine == 0 ? "top level" : frame.name ?? "function"
      write("\(at == 0 ? "In" : "From") \(name):")
      if let line = call.line(frame.line) { write(listed(line, current: at == 0 ? line : nil)) }
    }
  }

  private func redis(_ text: String, _ pause: ScriptPause) {
    guard let words = CommandWords.split(Bytes(text.utf8)), !words.isEmpty else {
      return write("<error> redis takes a command: redis GET key")
    }
    write("<redis> \(text)")
    let list = words.map(ScriptLiteral.text).joined(separator: ", ")
    do throws(ScriptEvaluationError) {
      let values = try pause.evaluate("redis.pcall(\(list))")
      write("<reply> \(values.map(\.literal).joined(separator: ", "))")
    } catch {
      write("<error> \(error)")
    }
  }

  private func shown(_ line: ScriptLine) -> String {
    line.file == call.text.path ? "\(line.number)" : line.place
  }

  private func listed(_ line: ScriptLine, current: ScriptLine?) -> String {
    let isBreak = state.withLock {
      $0.breakpoints.contains(Breakpoint(file: line.file, number: line.number))
    }
    let mark = (line == current ? "->" : "  ") + (isBreak ? "#" : " ")
    return "\(mark)\(shown(line))   \(line.text)"
  }
}
