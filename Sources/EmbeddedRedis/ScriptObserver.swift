import CIrminsulLuaBridge
import RedisScripting

/// One `redis.call` or `redis.pcall` of a script, after it was answered.
package struct ObservedCall: Sendable {
  /// The command's name and its arguments, as the script gave them.
  package let arguments: [Bytes]
  package let reply: Reply
  /// What the command took, without the conversion of its reply into Lua's values.
  package let duration: Duration
  /// The line of the script that calls; 0 where none is known.
  package let line: Int
}

/// Takes the calls of every script, in their order, on the thread that runs the script.
package typealias ScriptObserver = @Sendable (ObservedCall) -> Void

/// A look into scripts while they run: called between two instructions, on the thread that runs them.
///
/// Nothing is slower when no hook is set. With one, a script waits for as long as ``body`` takes, and
/// the time counts against its limit.
package struct ScriptHook: Sendable {
  package struct Events: OptionSet, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// A new line begins, or a loop comes back to one.
    package static let lines = Events(rawValue: IRMINSUL_EVENT_LINE.rawValue)
    package static let calls = Events(rawValue: IRMINSUL_EVENT_CALL.rawValue)
    package static let returns = Events(rawValue: IRMINSUL_EVENT_RETURN.rawValue)
    /// ``ScriptHook/interval`` instructions have run.
    package static let instructions = Events(rawValue: IRMINSUL_EVENT_COUNT.rawValue)
  }

  package enum Answer: Sendable {
    case goOn
    /// Ends the script, which cannot catch that; the host answers with an error of code `STOPPED`.
    case stop
  }

  package var events: Events
  /// Instructions between two events of ``Events/instructions``, at most 10,000.
  package var interval: Int
  package var body: @Sendable (ScriptPause) -> Answer

  package init(
    events: Events, interval: Int = 1000, body: @escaping @Sendable (ScriptPause) -> Answer
  ) {
    self.events = events
    self.interval = interval
    self.body = body
  }
}

/// Where a script stands in a hook. Of use only until the hook returns.
package struct ScriptPause {
  /// One of the functions that are running.
  package struct Frame: Sendable, Equatable {
    /// `@user_script`, or the text that `loadstring` was given.
    package let source: String
    /// The name by which it was called, if it had one.
    package let name: String?
    /// From 1; 0 in C functions.
    package let line: Int
    /// Where the function begins; 0 for the script itself.
    package let firstLine: Int
    /// Whether this is one of the libraries' functions.
    package let isNative: Bool
    /// Whether it is the host's own, which no script knows of: it works for the frame around it.
    package let isOwn: Bool
  }

  package struct Variable: Sendable, Equatable {
    package let name: String
    package let value: ScriptValue
  }

  package let event: ScriptHook.Events
  /// The 40 hexadecimal digits of the script.
  package let sha1: String
  let lua: OpaquePointer

  /// The frame at a level, 0 being the innermost; nil when there is none.
  package func frame(_ level: Int = 0) -> Frame? {
    var frame = irminsul_frame()
    guard irminsul_lua_frame(lua, Int32(level), &frame) else { return nil }
    return Frame(
      source: frame.source.map { String(cString: $0) } ?? "",
      name: frame.name.map { String(cString: $0) }, line: max(0, Int(frame.line)),
      firstLine: max(0, Int(frame.first_line)), isNative: frame.is_c, isOwn: frame.is_own)
  }

  /// All frames, the innermost first.
  package var stack: [Frame] { innermost(.max) }

  /// So many frames at most, the innermost first. The interpreter counts up to each of them.
  package func innermost(_ most: Int) -> [Frame] {
    var frames: [Frame] = []
    while frames.count < most, let frame = frame(frames.count) { frames.append(frame) }
    return frames
  }

  /// The locals of a level in the order of their declaration; of several with one name the last one is
  /// what the code sees.
  package func locals(_ level: Int = 0) -> [Variable] { variables(level, sign: 1) }

  /// The locals of functions around it that the function of a level uses.
  package func upvalues(_ level: Int = 0) -> [Variable] { variables(level, sign: -1) }

  /// The values of a Lua expression that sees the locals of a level; what it calls has its effects.
  ///
  /// - Throws: Lua's message.
  package func evaluate(
    _ expression: String, level: Int = 0
  ) throws(ScriptEvaluationError) -> [ScriptValue] {
    var shown = irminsul_buffer()
    defer { irminsul_buffer_release(&shown) }
    let count = Bytes(expression.utf8).withView {
      irminsul_lua_evaluate(lua, Int32(level), $0, &shown)
    }
    var reader = ScriptValueReader(shown)
    guard count >= 0 else { throw ScriptEvaluationError(message: reader.next().text) }
    return (0..<count).map { _ in reader.next() }
  }

  private func variables(_ level: Int, sign: Int32) -> [Variable] {
    var variables: [Variable] = []
    var shown = irminsul_buffer()
    defer { irminsul_buffer_release(&shown) }
    var number: Int32 = 1
    while irminsul_lua_show_local(lua, Int32(level), sign * number, &shown) {
      var reader = ScriptValueReader(shown)
      let name = reader.next().text
      // Names in parentheses are the interpreter's own.
      if !name.hasPrefix("("), !name.hasPrefix("_ENV") {
        variables.append(Variable(name: name, value: reader.next()))
      }
      shown.length = 0
      number += 1
    }
    return variables
  }
}

/// Why an expression of ``ScriptPause/evaluate(_:level:)`` has no value.
package struct ScriptEvaluationError: Error, CustomStringConvertible {
  package let message: String
  package var description: String { message }
}

/// A Lua value as it was at the time of a hook.
package indirect enum ScriptValue: Sendable, Equatable {
  case `nil`
  case boolean(Bool)
  case number(Double)
  case string(Bytes)
  /// In the order in which `pairs` goes.
  case table([Pair])
  /// A table inside of more tables than are shown.
  case deepTable
  /// A function, a thread or userdata, such as `function: 0x5581…`.
  case other(String)

  package struct Pair: Sendable, Equatable {
    package let key: ScriptValue
    package let value: ScriptValue
  }
}

extension ScriptValue {
  /// The value as Lua would write it: strings in quotes, tables in braces.
  package var literal: String {
    switch self {
    case .nil: return "nil"
    case .boolean(let value): return value ? "true" : "false"
    case .number(let number): return luaText(number)
    case .string(let bytes): return Self.quoted(bytes)
    case .deepTable: return "{...}"
    case .other(let text): return text
    case .table(let pairs):
      var parts: [String] = []
      for (index, pair) in pairs.enumerated() {
        if pair.key == .number(Double(index + 1)) {
          parts.append(pair.value.literal)
        } else if case .string(let name) = pair.key, Self.isName(name) {
          parts.append("\(String(decoding: name, as: UTF8.self)) = \(pair.value.literal)")
        } else {
          parts.append("[\(pair.key.literal)] = \(pair.value.literal)")
        }
      }
      return "{\(parts.joined(separator: ", "))}"
    }
  }

  /// A string's bytes as text, anything else as ``literal``.
  fileprivate var text: String {
    if case .string(let bytes) = self { String(decoding: bytes, as: UTF8.self) } else { literal }
  }

  private static func isName(_ bytes: Bytes) -> Bool {
    guard let first = bytes.first, !(0x30...0x39).contains(first) else { return false }
    return bytes.allSatisfy {
      $0 == 0x5f || (0x30...0x39).contains($0) || (0x41...0x5a).contains($0)
        || (0x61...0x7a).contains($0)
    }
  }

  private static func quoted(_ bytes: Bytes) -> String {
    var text = "\""
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\0"..<" ", "\u{7f}": text += "\\\(scalar.value)"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text + "\""
  }
}

/// A number as Lua 5.1's `tostring` has it.
private func luaText(_ number: Double) -> String {
  String(decoding: luaDecimal(number), as: UTF8.self)
}

/// Reads what the bridge shows.
private struct ScriptValueReader {
  private var rest: UnsafeRawBufferPointer

  init(_ buffer: irminsul_buffer) {
    rest = UnsafeRawBufferPointer(start: buffer.bytes, count: buffer.length)
  }

  mutating func next() -> ScriptValue {
    guard rest.count >= 9 else { return .nil }
    let tag = UInt32(rest[0])
    let value = rest.loadUnaligned(fromByteOffset: 1, as: Int64.self)
    rest = UnsafeRawBufferPointer(rebasing: rest[9...])
    switch tag {
    case IRMINSUL_SHOWN_BOOLEAN.rawValue: return .boolean(value != 0)
    case IRMINSUL_SHOWN_NUMBER.rawValue:
      return .number(Double(bitPattern: UInt64(bitPattern: value)))
    case IRMINSUL_SHOWN_BYTES.rawValue: return .string(Bytes(take(value)))
    case IRMINSUL_SHOWN_OTHER.rawValue:
      return .other(String(decoding: take(value), as: UTF8.self))
    case IRMINSUL_SHOWN_DEEP.rawValue: return .deepTable
    case IRMINSUL_SHOWN_TABLE.rawValue:
      var pairs: [ScriptValue.Pair] = []
      for _ in 0..<max(0, value) where !rest.isEmpty {
        let key = next()
        pairs.append(ScriptValue.Pair(key: key, value: next()))
      }
      return .table(pairs)
    default: return .nil
    }
  }

  private mutating func take(_ length: Int64) -> UnsafeRawBufferPointer {
    let count = min(Int(length), rest.count)
    let taken = UnsafeRawBufferPointer(rebasing: rest[..<count])
    rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    return taken
  }
}
