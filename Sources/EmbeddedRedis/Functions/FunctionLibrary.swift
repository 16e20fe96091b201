import RedisScripting

/// What FUNCTION LOAD has loaded: a text, and the functions that it registers.
struct FunctionLibrary: Sendable {
  struct Function: Sendable {
    let name: String
    let description: Bytes?
    let flags: [String]

    /// Whether it may be called where nothing may be written.
    var isReadOnly: Bool { flags.contains("no-writes") }
  }

  let name: String
  /// By which interpreters know this loading of it.
  let key: String
  let code: Bytes
  let functions: [Function]
}

/// The first line of a library: `#!lua name=…`.
///
/// Source: https://redis.io/docs/latest/develop/interact/programmability/functions-intro/
struct LibraryHeader {
  let name: String

  init(_ code: Bytes) throws(CommandFailure) {
    guard code.starts(with: Bytes("#!".utf8)) else {
      throw .reply("ERR Missing library metadata")
    }
    let length = Shebang.length(of: code)
    guard length < code.count, code[length] != 0, let parts = QuotedWords.split(code[..<length]),
      !parts.isEmpty
    else { throw .reply("ERR Invalid library metadata") }
    let words = parts.map { String(decoding: $0, as: UTF8.self) }
    var name: String?
    for word in words.dropFirst() {
      guard word.lowercased().hasPrefix("name=") else {
        throw .reply("ERR Invalid metadata value given: \(word)")
      }
      guard name == nil else {
        throw .reply("ERR Invalid metadata value, name argument was given multiple times")
      }
      name = String(word.dropFirst("name=".count))
    }
    guard let name else { throw .reply("ERR Library name was not given") }
    guard FunctionRegistry.isName(name) else {
      throw .reply(
        "ERR Library names can only contain letters, numbers, or underscores(_) and must be at least "
          + "one character long")
    }
    let engine = String(words[0].dropFirst(2))
    guard engine.lowercased() == "lua" else {
      throw .reply("ERR Engine '\(engine)' not found")
    }
    self.name = name
  }
}
