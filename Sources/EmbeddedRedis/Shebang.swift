import RedisScripting

/// The first line of a script that says how it is to be run: `#!lua flags=no-writes`.
///
/// Source: https://redis.io/docs/latest/develop/interact/programmability/eval-intro/#eval-flags
struct Shebang {
  private static let flags = [
    "no-writes", "allow-oom", "allow-stale", "no-cluster", "allow-cross-slot-keys",
  ]

  /// Whether the script may write; nil when it has no such line.
  private(set) var access: Script.Access?
  private(set) var memoryRule = HostCall.MemoryRule.byCommand

  /// - Throws: The reply of Redis to a line that it does not understand.
  init(_ source: Bytes) throws(CommandFailure) {
    let length = Self.length(of: source)
    guard length > 0 else { return }
    guard length < source.count, source[length] != 0 else {
      throw .reply("ERR Invalid script shebang")
    }
    guard let words = QuotedWords.split(source[..<length]), let engine = words.first else {
      throw .reply("ERR Invalid engine in script shebang")
    }
    guard engine == Bytes("#!lua".utf8) else {
      throw .reply("ERR Unexpected engine in script shebang: \(engine.text)")
    }
    access = .write
    var given: Set<String> = []
    for word in words.dropFirst().map(\.text) {
      guard word.hasPrefix("flags=") else {
        throw .reply("ERR Unknown lua shebang option: \(word)")
      }
      let list = word.dropFirst("flags=".count)
      guard !list.isEmpty else { continue }
      for flag in list.split(separator: ",", omittingEmptySubsequences: false) {
        guard Self.flags.contains(String(flag)) else {
          throw .reply("ERR Unexpected flag in script shebang: \(flag)")
        }
        given.insert(String(flag))
      }
    }
    if given.contains("no-writes") { access = .read }
    memoryRule = HostCall.MemoryRule(flags: given)
  }

  /// The bytes of the line, without its end, which a NUL is, too; 0 when a script has none.
  static func length(of source: Bytes) -> Int {
    guard source.starts(with: [0x23, 0x21]) else { return 0 }
    return source.firstIndex { $0 == 0x0a || $0 == 0 } ?? source.count
  }
}

extension Bytes {
  /// For messages.
  fileprivate var text: String { String(decoding: self, as: UTF8.self) }
}

extension HostCall.MemoryRule {
  /// That of a script or function that has flags.
  init(flags: Set<String>) {
    if flags.contains("allow-oom") {
      self = .allowed
    } else {
      self = flags.contains("no-writes") ? .byCommand : .refused
    }
  }
}
