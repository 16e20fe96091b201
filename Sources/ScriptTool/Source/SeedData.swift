import RedisScripting

/// Commands that fill a keyspace before a script runs: one a line, quoted as redis-cli takes them; empty lines
/// and lines that begin with `#` are left out.
package struct SeedData: Sendable {
  package struct Line: Sendable {
    package let number: Int
    package let command: Command
  }

  package let path: String
  package let lines: [Line]

  package init(path: String) throws(ScriptToolError) {
    try self.init(path: path, text: ScriptText.read(path))
  }

  package init(path: String, text: String) throws(ScriptToolError) {
    self.path = path
    var lines: [Line] = []
    for (at, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      guard let words = CommandWords.split(Bytes(line.utf8)) else {
        throw .badSeed(
          path: path, line: at + 1, reason: "a quote is not closed, or text follows it")
      }
      guard let first = words.first, first.first != UInt8(ascii: "#") else { continue }
      lines.append(Line(number: at + 1, command: Command(arguments: words)))
    }
    self.lines = lines
  }

  /// Runs the commands; the first that is refused ends it.
  package func load(into host: any ScriptHost) async throws(ScriptToolError) {
    for line in lines {
      do throws(HostError) {
        _ = try await host.run(line.command)
      } catch {
        guard case .refused(_, _, let error) = error else { throw .host(error) }
        throw .badSeed(path: path, line: line.number, reason: "\(error)")
      }
    }
  }
}

/// The words of a command as redis-cli reads them.
package enum CommandWords {
  /// nil when a quote is not closed, or is followed by anything but a space.
  package static func split(_ line: Bytes) -> [Bytes]? {
    var words: [Bytes] = []
    var rest = line[...]
    func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }
    while true {
      rest = rest.drop(while: isSpace)
      guard !rest.isEmpty else { return words }
      var word: Bytes = []
      while let byte = rest.first, !isSpace(byte) {
        if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
          guard let text = quoted(byte, &rest) else { return nil }
          word += text
          if let next = rest.first, !isSpace(next) { return nil }
        } else {
          word.append(byte)
          rest = rest.dropFirst()
        }
      }
      words.append(word)
    }
  }

  private static func quoted(_ quote: UInt8, _ rest: inout Bytes.SubSequence) -> Bytes? {
    var text: Bytes = []
    rest = rest.dropFirst()
    while let byte = rest.first {
      rest = rest.dropFirst()
      if byte == quote { return text }
      guard byte == UInt8(ascii: "\\"), let next = rest.first else {
        text.append(byte)
        continue
      }
      if quote == UInt8(ascii: "'") {
        if next == quote {
          text.append(next)
          rest = rest.dropFirst()
        } else {
          text.append(byte)
        }
        continue
      }
      rest = rest.dropFirst()
      switch next {
      case UInt8(ascii: "n"): text.append(0x0a)
      case UInt8(ascii: "r"): text.append(0x0d)
      case UInt8(ascii: "t"): text.append(0x09)
      case UInt8(ascii: "b"): text.append(0x08)
      case UInt8(ascii: "a"): text.append(0x07)
      case UInt8(ascii: "x"):
        let digits = rest.prefix(2)
        guard digits.count == 2,
          let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
        else {
          text.append(next)
          continue
        }
        text.append(value)
        rest = rest.dropFirst(2)
      default: text.append(next)
      }
    }
    return nil
  }
}
