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
    guard length < source.count else { throw .reply("ERR Invalid script shebang") }
    let words = String(decoding: source[..<length], as: UTF8.self).split(separator: " ")
    guard words.first == "#!lua" else {
      throw .reply("ERR Unexpected engine in script shebang: \(words.first ?? "")")
    }
    access = .write
    var given: Set<String> = []
    for word in words.dropFirst() {
      guard word.hasPrefix("flags=") else {
        throw .reply("ERR Unknown lua shebang option: \(word)")
      }
      for flag in word.dropFirst("flags=".count).split(separator: ",") {
        guard Self.flags.contains(String(flag)) else {
          throw .reply("ERR Unexpected flag in script shebang: \(flag)")
        }
        given.insert(String(flag))
      }
    }
    if given.contains("no-writes") { access = .read }
    memoryRule = HostCall.MemoryRule(flags: given)
  }

  /// The bytes of the line, without its end; 0 when a script has none.
  static func length(of source: Bytes) -> Int {
    guard source.starts(with: [0x23, 0x21]) else { return 0 }
    return source.firstIndex(of: 0x0a) ?? source.count
  }
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
