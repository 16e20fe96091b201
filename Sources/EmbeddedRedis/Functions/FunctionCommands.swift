import RedisScripting

/// FUNCTION and FCALL.
extension EmbeddedHost {
  func functionCall(
    _ command: Command, _ isOutOfMemory: Bool?
  ) throws(HostError) -> HostCall {
    let words = command.arguments
    let name = command.name
    guard words.count >= 3 else {
      throw refusal(name, "ERR wrong number of arguments for '\(name.lowercased())' command")
    }
    guard let (library, function) = functions.function(String(decoding: words[1], as: UTF8.self))
    else { throw refusal(name, "ERR Function not found") }
    guard let count = words[2].withView({ $0.integer }) else {
      throw refusal(name, "ERR Bad number of keys provided")
    }
    guard count <= Int64(words.count - 3) else {
      throw refusal(name, "ERR Number of keys can't be greater than number of args")
    }
    guard count >= 0 else { throw refusal(name, "ERR Number of keys can't be negative") }
    let memoryRule = HostCall.MemoryRule(flags: Set(function.flags))
    if memoryRule == .refused { try checkMemory(name, isOutOfMemory) }
    if name == "FCALL_RO", !function.isReadOnly {
      throw refusal(
        name, "ERR Can not execute a script with write flag using *_ro command.")
    }
    let keys = 3 + Int(count)
    var call = HostCall(
      name: name, access: function.isReadOnly ? .read : .write,
      work: .function(
        name: function.name, library: library.key, code: library.code,
        keys: Array(words[3..<keys]), arguments: Array(words[keys...])))
    call.memoryRule = memoryRule
    return call
  }

  func manageFunctions(_ command: Command, _ perform: Perform) throws(HostError) -> Reply {
    let words = command.arguments
    guard words.count > 1 else {
      throw refusal("FUNCTION", "ERR wrong number of arguments for 'function' command")
    }
    let subcommand = String(decoding: words[1], as: UTF8.self)
    switch (subcommand.uppercased(), words.count) {
    case ("LOAD", 3...): return try loadLibrary(words, perform)
    case ("DELETE", 3):
      guard functions.remove(String(decoding: words[2], as: UTF8.self)) else {
        throw refusal("FUNCTION", "ERR Library not found")
      }
      return .status("OK")
    case ("FLUSH", 2...):
      try checkFlush(words)
      functions.removeAll()
      return .status("OK")
    case ("LIST", 2...): return try listLibraries(words)
    case ("STATS", 2): return statistics
    case ("KILL", 2): throw refusal("FUNCTION", "NOTBUSY No scripts in execution right now.")
    case ("DUMP", 2): return .bytes(LibraryPayload(functions.libraries.map(\.code)).encoded)
    case ("RESTORE", 3...): return try restoreLibraries(words, perform)
    case ("HELP", _):
      throw refusal(
        "FUNCTION",
        "ERR the embedded host does not have the command 'function|\(subcommand.lowercased())'")
    case ("LOAD", _), ("DELETE", _), ("STATS", _), ("KILL", _), ("DUMP", _), ("RESTORE", _):
      throw refusal(
        "FUNCTION",
        "ERR wrong number of arguments for 'function|\(subcommand.lowercased())' command")
    default:
      throw refusal("FUNCTION", "ERR unknown subcommand '\(subcommand)'. Try FUNCTION HELP.")
    }
  }

  private func loadLibrary(_ words: [Bytes], _ perform: Perform) throws(HostError) -> Reply {
    var replaces = false
    for word in words[2..<words.count - 1] {
      let option = String(decoding: word, as: UTF8.self)
      guard option.lowercased() == "replace" else {
        throw refusal("FUNCTION", "ERR Unknown option given: \(option)")
      }
      replaces = true
    }
    let library = try library(words[words.count - 1], replaces: replaces, perform)
    let failure = functions.add([library], replacing: replaces) {
      "ERR Library '\($0)' already exists"
    }
    if let failure { throw refusal("FUNCTION", failure) }
    return .bytes(Bytes(library.name.utf8))
  }

  /// Loads a library without adding it.
  private func library(
    _ code: Bytes, replaces: Bool, _ perform: Perform
  ) throws(HostError) -> FunctionLibrary {
    let name: String
    do throws(CommandFailure) {
      name = try LibraryHeader(code).name
    } catch {
      if case .reply(let text) = error { throw refusal("FUNCTION", text) }
      throw refusal("FUNCTION", "ERR Invalid library metadata")
    }
    guard replaces || !functions.hasLibrary(name) else {
      throw refusal("FUNCTION", "ERR Library '\(name)' already exists")
    }
    let key = functions.newKey()
    let description = try perform(
      HostCall(name: "FUNCTION LOAD", access: .read, work: .library(key: key, code: code)))
    return FunctionLibrary(
      name: name, key: key, code: code,
      functions: (description.array ?? []).map { entry in
        let parts = entry.array ?? []
        return FunctionLibrary.Function(
          name: parts.first?.text ?? "", description: parts.count > 1 ? parts[1].bytes : nil,
          flags: parts.count > 2 ? (parts[2].array ?? []).compactMap(\.text) : [])
      })
  }

  private func restoreLibraries(
    _ words: [Bytes], _ perform: Perform
  ) throws(HostError) -> Reply {
    guard words.count <= 4 else {
      throw refusal(
        "FUNCTION",
        "ERR unknown subcommand or wrong number of arguments for "
          + "'\(String(decoding: words[1], as: UTF8.self))'. Try FUNCTION HELP.")
    }
    let policy =
      words.count > 3 ? String(decoding: words[3], as: UTF8.self).lowercased() : "append"
    guard ["append", "replace", "flush"].contains(policy) else {
      throw refusal(
        "FUNCTION",
        "ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.")
    }
    let payload: LibraryPayload
    do throws(LibraryPayload.Failure) {
      payload = try LibraryPayload(decoding: words[2])
    } catch {
      throw refusal("FUNCTION", "ERR \(error.text)")
    }
    var libraries: [FunctionLibrary] = []
    for code in payload.libraries {
      let library = try library(code, replaces: true, perform)
      guard !libraries.contains(where: { $0.name == library.name }) else {
        throw refusal("FUNCTION", "ERR Library '\(library.name)' already exists")
      }
      libraries.append(library)
    }
    if policy == "flush" {
      functions.replaceAll(by: libraries)
      return .status("OK")
    }
    let failure = functions.add(libraries, replacing: policy == "replace") {
      "ERR Library \($0) already exists"
    }
    if let failure { throw refusal("FUNCTION", failure) }
    return .status("OK")
  }

  private func checkFlush(_ words: [Bytes]) throws(HostError) {
    guard words.count <= 3 else {
      throw refusal(
        "FUNCTION",
        "ERR unknown subcommand or wrong number of arguments for "
          + "'\(String(decoding: words[1], as: UTF8.self))'. Try FUNCTION HELP.")
    }
    guard words.count == 3 else { return }
    let mode = String(decoding: words[2], as: UTF8.self).lowercased()
    guard mode == "sync" || mode == "async" else {
      throw refusal("FUNCTION", "ERR FUNCTION FLUSH only supports SYNC|ASYNC option")
    }
  }

  private func listLibraries(_ words: [Bytes]) throws(HostError) -> Reply {
    var pattern: Bytes?
    var hasCode = false
    var index = 2
    while index < words.count {
      let option = String(decoding: words[index], as: UTF8.self)
      if !hasCode, option.lowercased() == "withcode" {
        hasCode = true
      } else if pattern == nil, option.lowercased() == "libraryname" {
        index += 1
        guard index < words.count else {
          throw refusal("FUNCTION", "ERR library name argument was not given")
        }
        pattern = words[index]
      } else {
        throw refusal("FUNCTION", "ERR Unknown argument \(option)")
      }
      index += 1
    }
    let lowered = pattern.map { Bytes(String(decoding: $0, as: UTF8.self).lowercased().utf8) }
    let libraries = functions.libraries.filter { library in
      guard let lowered else { return true }
      return lowered.withView { pattern in
        Bytes(library.name.lowercased().utf8).withView { GlobPattern.matches(pattern, $0) }
      }
    }
    return .array(
      libraries.map { library in
        var fields: [Reply] = [
          Self.word("library_name"), Self.word(library.name), Self.word("engine"),
          Self.word("LUA"), Self.word("functions"), .array(library.functions.map(Self.describe)),
        ]
        if hasCode { fields += [Self.word("library_code"), .bytes(library.code)] }
        return .array(fields)
      })
  }

  private static func word(_ text: String) -> Reply { .bytes(Bytes(text.utf8)) }

  private static func describe(_ function: FunctionLibrary.Function) -> Reply {
    .array([
      word("name"), word(function.name), word("description"),
      function.description.map { .bytes($0) } ?? .null, word("flags"),
      .array(function.flags.map { .status($0) }),
    ])
  }

  private var statistics: Reply {
    let libraries = functions.libraries
    return .array([
      Self.word("running_script"), .null, Self.word("engines"),
      .array([
        Self.word("LUA"),
        .array([
          Self.word("libraries_count"), .integer(Int64(libraries.count)),
          Self.word("functions_count"),
          .integer(Int64(libraries.reduce(0) { $0 + $1.functions.count })),
        ]),
      ]),
    ])
  }
}
