import RedisScripting
import Synchronization

/// What INFO tells of the commands that ran and of the errors that were answered, counted as Redis counts them.
final class CallStatistics: Sendable {
  private final class Counter: Sendable {
    let calls = Atomic(0)
    let nanoseconds = Atomic(0)
    let rejected = Atomic(0)
    let failed = Atomic(0)

    func reset() {
      calls.store(0, ordering: .relaxed)
      nanoseconds.store(0, ordering: .relaxed)
      rejected.store(0, ordering: .relaxed)
      failed.store(0, ordering: .relaxed)
    }
  }

  /// Scripts make up codes of their own; this many are told apart.
  private static let mostCodes = 1000

  /// By the numbers of the catalogue's entries.
  private let counters = CommandCatalogue.all.map { _ in Counter() }
  private let codes = Locked<[Bytes: Int]>([:])
  private let errors = Atomic(0)

  /// A command that ran, whatever came of it.
  func count(_ number: Int, failures: Int, nanoseconds: Int = 0) {
    let counter = counters[number]
    counter.calls.wrappingAdd(1, ordering: .relaxed)
    if failures > 0 { counter.failed.wrappingAdd(failures, ordering: .relaxed) }
    if nanoseconds > 0 { counter.nanoseconds.wrappingAdd(nanoseconds, ordering: .relaxed) }
  }

  /// A command that did not run.
  func reject(_ number: Int) { counters[number].rejected.wrappingAdd(1, ordering: .relaxed) }

  /// An error, by its text or the beginning of it.
  func add(error text: some Collection<UInt8>) {
    errors.wrappingAdd(1, ordering: .relaxed)
    // As Redis: the first word, if it is not too long for a code.
    let start = text.prefix(31)
    let code = start.firstIndex(of: 0x20).map { Bytes(start[..<$0]) } ?? Bytes("ERR".utf8)
    codes.withLock {
      if $0[code] != nil || $0.count < Self.mostCodes { $0[code, default: 0] += 1 }
    }
  }

  func add(error: ServerError) { add(error: error.bytes) }

  func reset() {
    for counter in counters { counter.reset() }
    codes.withLock { $0.removeAll() }
    errors.store(0, ordering: .relaxed)
  }

  // MARK: The lines of INFO's sections

  var totals: [String] {
    let calls = counters.reduce(0) { $0 + $1.calls.load(ordering: .relaxed) }
    return [
      "total_commands_processed:\(calls)",
      "unexpected_error_replies:0", "total_error_replies:\(errors.load(ordering: .relaxed))",
    ]
  }

  /// With the bytes that codes have, but for those that end a name.
  var errorLines: [Bytes] {
    codes.withLock { $0 }.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { code, count in
      let name = code.map { "#:\r\n".utf8.contains($0) ? UInt8(ascii: "_") : $0 }
      return "errorstat_".utf8 + name + ":count=\(count)".utf8
    }
  }

  var commandLines: [String] {
    zip(CommandCatalogue.all, counters).compactMap { entry, counter in
      let calls = counter.calls.load(ordering: .relaxed)
      let rejected = counter.rejected.load(ordering: .relaxed)
      let failed = counter.failed.load(ordering: .relaxed)
      guard calls > 0 || rejected > 0 || failed > 0 else { return nil }
      let time = counter.nanoseconds.load(ordering: .relaxed) / 1000
      return "cmdstat_\(entry.name):calls=\(calls),usec=\(time),usec_per_call="
        + "\(Self.average(time, calls)),rejected_calls=\(rejected),failed_calls=\(failed)"
    }
  }

  /// With two digits after the point.
  private static func average(_ total: Int, _ count: Int) -> String {
    guard count > 0 else { return "0.00" }
    let hundredths = (total * 100 + count / 2) / count
    let rest = hundredths % 100
    return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
  }
}
