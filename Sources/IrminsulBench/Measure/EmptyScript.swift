import RedisScripting

/// The time that the server needs for a script that does nothing: the unit that commits are
/// compared with.
enum EmptyScript {
  static let source = "return 1"

  /// Runs it many times, in a pipeline of 16.
  ///
  /// - Returns: Microseconds of server time per call, by INFO commandstats.
  static func measure(on connection: RespConnection, calls: Int = 32_000) throws -> Double {
    guard let sha1 = try connection.call(["SCRIPT", "LOAD", source]).bytes else {
      throw BenchError("the server loads no scripts")
    }
    // A call without keys would not tell what declared keys cost: give it as many as a commit has.
    let words =
      ["EVALSHA", String(decoding: sha1, as: UTF8.self), "6"] + (1...6).map { "{e}:\($0)" }
    var batch = RespRequest()
    for _ in 0..<16 { batch.append(words.map { Bytes($0.utf8) }) }
    let before = try ServerCounters(connection)
    for _ in 0..<(calls / 16) {
      try batch.bytes.withUnsafeBytes { try connection.send($0) }
      for _ in 0..<16 { try connection.accepted() }
    }
    let spent = try ServerCounters(connection).since(before).total(["evalsha"])
    return Double(spent.microseconds) / Double(max(spent.calls, 1))
  }
}
