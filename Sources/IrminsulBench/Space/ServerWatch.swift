import Foundation
import RedisScripting

/// Looks each second at a server's memory, and at the scripts that have taken it long.
///
/// What a script takes is what the server's slow log says: time on the clock, so it has in it for how long the
/// machine gave the server's processor to somebody else.
final class ServerWatch: Sendable {
  /// What was seen since the last ``take()``.
  struct Sight: Sendable {
    /// Bytes of all that the server holds, and of its process, each second.
    var used: [Int] = []
    var resident: [Int] = []
    /// The runs of each script that took longer than ``ServerWatch/threshold``.
    var scripts: [String: LatencyHistogram] = [:]
    /// The same of those that a ``ClockingHost`` has run, by the processor's time that they took.
    var clocked: [String: LatencyHistogram] = [:]
    /// Entries of the slow log that were gone before they were read.
    var missed = 0
  }

  private struct State {
    var sight = Sight()
    var failure: (any Error)?
    var hasEnded = false
  }

  /// Does nothing for a millisecond, looking at the clock as the collector's steps do: what it takes longer than that is
  /// time that the machine has given to somebody else. It is clocked as they are.
  static let idler = "idler"
  private static let idlerScript = ClockingHost.clocking(
    Script(
      name: idler, keys: [], access: .write,
      source: """
        local function time() local now = redis.call('TIME') return now[1] * 1000000 + now[2] end
        local start = time()
        repeat for _ = 1, 8 do time() end until time() - start >= 1000
        return 1
        """))
  /// How often that is run in a second.
  private static let idles = 20

  /// Runs that take less are not counted: there are too many of them.
  static let threshold = Duration.microseconds(200)
  private static let page = 1024

  private let state = Shared(State())
  private let end = DispatchSemaphore(value: 0)

  /// - Parameter scripts: Names of scripts by their SHA-1; those that are not in it are not counted.
  init(url: String, scripts: [String: String]) throws {
    let state = state
    let end = end
    let address = try RedisAddress(url: url)
    Thread.detachNewThread {
      do {
        let connection = try address.connect()
        try connection.call([
          "CONFIG", "SET", "slowlog-log-slower-than", "\(Self.threshold.nanoseconds / 1000)",
          "slowlog-max-len", "\(4 * Self.page)",
        ])
        try connection.call(["SLOWLOG", "RESET"])
        guard let idler = try connection.call(["SCRIPT", "LOAD", Self.idlerScript.source]).text
        else {
          throw BenchError("the server loads no scripts")
        }
        var reader = SlowLogReader(
          scripts.merging([idler: Self.idler]) { $1 }, page: Self.page)
        while !state.value.withLock({ $0.hasEnded }) {
          let counters = try ServerCounters(connection)
          let runs = try reader.read(connection)
          let clocked = try Self.takeNotes(connection)
          state.value.withLock {
            $0.sight.used.append(counters.memory)
            $0.sight.resident.append(counters.residentMemory)
            $0.sight.missed += runs.missed
            for (name, time) in runs.found {
              $0.sight.scripts[name, default: LatencyHistogram()].record(time)
            }
            for (name, time) in clocked {
              $0.sight.clocked[name, default: LatencyHistogram()].record(time)
            }
          }
          for _ in 0..<Self.idles {
            Thread.sleep(forTimeInterval: 1 / Double(Self.idles))
            try connection.call(["EVALSHA", idler, "0"])
          }
        }
      } catch {
        state.value.withLock { $0.failure = error }
      }
      end.signal()
    }
  }

  private static func takeNotes(
    _ connection: RespConnection
  ) throws -> [(script: String, time: Duration)] {
    let notes = try connection.call(["LPOP", ClockingHost.notes, "\(100 * page)"]).array ?? []
    return notes.compactMap { note in
      let words = note.text?.split(separator: " ") ?? []
      guard words.count == 2, let milliseconds = Double(words[1]) else { return nil }
      return (String(words[0]), .microseconds(Int(milliseconds * 1000)))
    }
  }

  /// What was seen since the last call.
  func take() throws -> Sight {
    try state.value.withLock { state in
      if let failure = state.failure { throw failure }
      defer { state.sight = Sight() }
      return state.sight
    }
  }

  /// Ends it. May take a second.
  func stop() {
    state.value.withLock { $0.hasEnded = true }
    end.wait()
  }
}

/// Reads a server's slow log on from where it was.
private struct SlowLogReader {
  private let scripts: [String: String]
  private let page: Int
  private var last: Int64 = -1

  init(_ scripts: [String: String], page: Int) {
    self.scripts = scripts
    self.page = page
  }

  mutating func read(
    _ connection: RespConnection
  ) throws -> (found: [(script: String, time: Duration)], missed: Int) {
    let entries = try connection.call(["SLOWLOG", "GET", "\(page)"]).array ?? []
    var found: [(script: String, time: Duration)] = []
    var newest = last
    var oldest = Int64.max
    for entry in entries {
      // Source: https://redis.io/docs/latest/commands/slowlog-get/
      guard let fields = entry.array, fields.count >= 4, let id = fields[0].integer,
        let microseconds = fields[2].integer, let words = fields[3].array
      else { throw BenchError("the server's SLOWLOG GET answers something else") }
      if id <= last { break }
      newest = max(newest, id)
      oldest = id
      guard words.count > 1, words[0].text?.uppercased() == "EVALSHA",
        let name = words[1].text.flatMap({ scripts[$0.lowercased()] })
      else { continue }
      found.append((name, .microseconds(microseconds)))
    }
    let missed = newest > last && oldest > last + 1 && oldest != .max ? oldest - last - 1 : 0
    last = newest
    return (found, Int(missed))
  }
}
