import Foundation
import RedisScripting

/// A spec with the vocabulary and the scripts that it names, as one script.
struct SpecProgram: Sendable {
  enum Instruments: Sendable { case none, branches }

  let file: SpecFile
  private(set) var script: Script
  let keys: [Bytes]
  /// Where each line comes from; lines of nobody's file have an empty name.
  let lines: [ScriptLine]
  /// By their numbers, from 1, less one.
  let branches: [ScriptBranch]
  /// Functions and their statements, by lines of the program.
  let functions: [FunctionLines]
  /// The files that it was made of.
  let sources: Set<String>

  /// A function of a script, or a script as a whole.
  struct FunctionLines: Sendable {
    let line: Int
    let statements: [Int]
  }

  /// Puts a program together.
  init(_ file: SpecFile, _ instruments: Instruments) throws(ScriptToolError) {
    self.file = file
    let own = (file.path as NSString).deletingLastPathComponent
    let spec = try ScriptText(path: file.path, folder: own)
    var scripts: [ScriptText] = []
    let words = Self.words(of: spec.lines)
    var names: [String] = []
    for path in try file.scripts() {
      let script = try ScriptText(path: path)
      for key in script.header.keys where !key.isEmpty && !names.contains(key) { names.append(key) }
      if words.contains(script.name) { scripts.append(script) }
    }

    var lines: [ScriptLine] = []
    var branches: [ScriptBranch] = []
    var functions: [FunctionLines] = []
    func add(_ text: String) {
      for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
        lines.append(ScriptLine(file: "", number: 0, text: String(line)))
      }
    }
    add(SpecVocabulary.text)
    for (at, name) in names.enumerated() {
      add("keys[\(ScriptLiteral.text(name))] = KEYS[\(at + 1)]")
    }
    add(Self.keyRule(names, of: file.name))
    var texts = lines.map(\.text)
    for script in scripts {
      add("spec_bodies[\(ScriptLiteral.text(script.name))] = function(KEYS, ARGV)")
      texts.append(lines[lines.count - 1].text)
      let body = Self.withoutShebang(script.lines)
      let first = lines.count
      lines += body
      if let chunk = try Self.chunk(of: body, instruments) {
        if instruments == .branches { functions += Self.functions(of: chunk, first: first) }
        let map = BranchMap(
          body, chunk: chunk, function: instruments == .branches ? "spec_branch" : nil,
          first: branches.count + 1)
        branches += map.branches
        texts += map.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      } else {
        texts += body.map(\.text)
      }
      let list = script.header.keys.map { ScriptLiteral.text($0) }.joined(separator: ", ")
      for line in ["end", "spec_bind(\(ScriptLiteral.text(script.name)), {\(list)})"] {
        add(line)
        texts.append(line)
      }
    }
    lines += spec.lines
    add("return spec_result()")
    texts += spec.lines.map(\.text) + ["return spec_result()"]
    self.lines = lines
    self.branches = branches
    self.functions = functions
    keys = names.map { Bytes("{spec \(file.name)}:\($0)".utf8) }
    sources = Set(lines.map(\.file)).subtracting([""])
    script = Script(
      name: file.name, keys: names, access: .write, source: texts.joined(separator: "\n"))
  }

  /// The same with another text for a line of a script, wherever that is included.
  func replacing(_ line: ScriptLine, by text: String) -> SpecProgram {
    var program = self
    program.script = Script(
      name: script.name, keys: script.keys, access: script.access,
      source: lines.map { $0 == line ? text : $0.text }.joined(separator: "\n"))
    return program
  }

  /// The line that a position such as `user_script:12: ` means.
  func line(at position: String) -> ScriptLine? {
    guard let match = position.firstMatch(of: #/user_script:(\d+)/#), let number = Int(match.1),
      lines.indices.contains(number - 1), !lines[number - 1].file.isEmpty
    else { return nil }
    return lines[number - 1]
  }

  /// A text with each position of the program as a place in a file.
  func placed(_ text: String) -> String {
    text.replacing(#/@?user_script:(\d+)/#) { match in
      line(at: "user_script:\(match.1)")?.place ?? String(match.0)
    }
  }

  /// The script where its text is to be changed. Mistakes in it are the interpreter's to tell, unless they must be known.
  private static func chunk(
    of body: [ScriptLine], _ instruments: Instruments
  ) throws(ScriptToolError) -> LuaChunk? {
    if instruments == .branches { return try parse(body) }
    guard body.contains(where: { $0.text.contains("return redis.") }) else { return nil }
    return try? parse(body)
  }

  static func parse(_ lines: [ScriptLine]) throws(ScriptToolError) -> LuaChunk {
    do throws(LuaSyntaxError) {
      return try LuaChunk(Bytes(lines.map(\.text).joined(separator: "\n").utf8))
    } catch {
      let line = lines[max(0, min(error.line, lines.count) - 1)]
      throw .syntax(path: line.file, line: line.number, reason: error.message)
    }
  }

  /// The statements of each function that have code of their own, in lines of a program.
  static func functions(of chunk: LuaChunk, first: Int) -> [FunctionLines] {
    var open: [(line: Int, statements: Set<Int>)] = [(first, [])]
    var functions: [FunctionLines] = []
    func close() {
      let function = open.removeLast()
      functions.append(
        FunctionLines(line: function.line, statements: function.statements.sorted()))
    }
    var visitor = LuaVisitor()
    visitor.onStatement = { statement in
      switch statement.kind {
      case .block, .repeat, .label, .localFunction, .function: break
      default: open[open.count - 1].statements.insert(first + statement.line)
      }
    }
    visitor.onFunction = { open.append((first + $0.line, [])) }
    visitor.afterFunction = { _ in close() }
    visitor.visit(chunk.body)
    close()
    return functions
  }

  private static func words(of lines: [ScriptLine]) -> Set<String> {
    var words: Set<String> = []
    for line in lines {
      for word in line.text.split(whereSeparator: {
        !($0.isLetter || $0.isNumber || $0 == "_" || $0 == "-")
      }) {
        words.insert(String(word))
      }
    }
    return words
  }

  private static func withoutShebang(_ lines: [ScriptLine]) -> [ScriptLine] {
    guard let first = lines.first, first.text.hasPrefix("#!") else { return lines }
    return [ScriptLine(file: first.file, number: first.number, text: "")] + lines.dropFirst()
  }

  /// What `keys` does for a name that no header has.
  private static func keyRule(_ names: [String], of spec: String) -> String {
    names.isEmpty
      ? """
      setmetatable(keys, {__index = function(_, name)
        rawset(keys, name, \(ScriptLiteral.text("{spec \(spec)}:")) .. tostring(name))
        return rawget(keys, name)
      end})
      """
      : """
      setmetatable(keys, {__index = function(_, name)
        error('no header of a script names a key ' .. tostring(name), 2)
      end})
      """
  }
}
