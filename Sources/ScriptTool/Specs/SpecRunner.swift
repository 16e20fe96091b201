import EmbeddedRedis
import Foundation
import RedisScripting

/// Runs specs: each `it` in a keyspace that holds nothing.
package struct SpecRunner: Sendable {
  /// Where the specs run.
  package enum Place: Sendable {
    /// In this process, several at a time.
    case embedded
    /// In a database of a server that holds nothing, one after the other; it holds nothing afterwards.
    case server(SpecServer)
    /// In both: every reply and the keyspaces at the end must be equal.
    case both(SpecServer)
  }

  package var place = Place.embedded
  /// How many run at a time in this process.
  package var jobs = ProcessInfo.processInfo.activeProcessorCount
  /// How long one `it` may take.
  package var timeLimit = Duration.seconds(5)
  /// Of the host in this process.
  package var memory = MemoryLimits()
  /// Whether a script's command fails that uses a key which the script was not given.
  package var declaredKeys = false
  /// Runs only what has this in its name.
  package var filter: String?
  /// Ends after the first failure.
  package var stopsAtFailure = false
  /// Takes which lines and branches have run; of what runs in this process.
  package var coverage: SpecCoverage?

  package init() {}

  /// Runs the specs of some files and answers the results in the order of the files.
  ///
  /// - Parameter each: Told of each result as it comes, in any order.
  package func run(
    _ files: [SpecFile], each: @escaping @Sendable (SpecResult) -> Void = { _ in }
  ) async throws(ScriptToolError) -> [SpecResult] {
    let instruments: SpecProgram.Instruments = coverage == nil ? .none : .branches
    var programs: [SpecProgram] = []
    for file in files { programs.append(try SpecProgram(file, instruments)) }
    try coverage?.expect(try Self.scripts(of: files))
    return try await run(programs, each: each)
  }

  func run(
    _ programs: [SpecProgram], each: @escaping @Sendable (SpecResult) -> Void = { _ in }
  ) async throws(ScriptToolError) -> [SpecResult] {
    switch place {
    case .embedded: return try await runEmbedded(programs, each)
    case .server(let server):
      try await Self.checkEmpty(server.host)
      return try await runOneByOne(programs, on: server, comparing: nil, each)
    case .both(let server):
      try await Self.checkEmpty(server.host)
      return try await runOneByOne(programs, on: nil, comparing: server, each)
    }
  }

  /// Every script that stands beside the specs, whether one names it or not.
  static func scripts(of files: [SpecFile]) throws(ScriptToolError) -> [ScriptText] {
    var scripts: [ScriptText] = []
    var seen: Set<String> = []
    for file in files {
      for path in try file.scripts() where seen.insert(path).inserted {
        scripts.append(try ScriptText(path: path))
      }
    }
    return scripts
  }

  private static func checkEmpty(_ server: any ScriptHost) async throws(ScriptToolError) {
    let keys: Int64
    do throws(HostError) {
      keys = try await server.run(Command("DBSIZE")).integer ?? 0
    } catch {
      throw .host(error)
    }
    guard keys == 0 else { throw .databaseNotEmpty(location: server.location, keys: keys) }
  }

  // MARK: In this process

  /// Some of the specs of a file, for one worker: few enough that all workers have something to do.
  private struct Work: Sendable {
    static let size = 16
    let program: SpecProgram
    let cases: [SpecCase]
    /// The number of the first in the order of all.
    let first: Int
  }

  private func runEmbedded(
    _ programs: [SpecProgram], _ each: @escaping @Sendable (SpecResult) -> Void
  ) async throws(ScriptToolError) -> [SpecResult] {
    let results = Locked<[Int: SpecResult]>([:])
    let hasFailed = Locked(false)
    var work: [Work] = []
    var count = 0
    for program in programs {
      let host = try Session(program, self)
      do {
        let cases = try await host.cases().filter { filter.map($0.name.contains) ?? true }
        for start in stride(from: 0, to: cases.count, by: Work.size) {
          let part = Array(cases[start..<min(start + Work.size, cases.count)])
          work.append(Work(program: program, cases: part, first: count + start))
        }
        count += cases.count
      } catch {
        let result = error.result
        each(result)
        results.withLock { [count] in $0[count] = result }
        count += 1
        if stopsAtFailure { return [result] }
      }
      await host.close()
    }
    let (items, failure) = (work, Locked<ScriptToolError?>(nil))
    let next = Locked(0)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<max(1, min(jobs, items.count)) {
        group.addTask {
          while true {
            let at = next.withLock { next in
              next += 1
              return next - 1
            }
            guard at < items.count, !Task.isCancelled,
              !(stopsAtFailure && hasFailed.withLock { $0 })
            else { return }
            do throws(ScriptToolError) {
              try await run(items[at], results, hasFailed, each)
            } catch {
              failure.withLock { $0 = $0 ?? error }
            }
          }
        }
      }
    }
    if let error = failure.withLock({ $0 }) { throw error }
    return results.withLock { results in results.keys.sorted().compactMap { results[$0] } }
  }

  private func run(
    _ work: Work, _ results: Locked<[Int: SpecResult]>, _ hasFailed: Locked<Bool>,
    _ each: @Sendable (SpecResult) -> Void
  ) async throws(ScriptToolError) {
    let session = try Session(work.program, self)
    for (at, spec) in work.cases.enumerated() {
      let result = await session.result(of: spec)
      each(result)
      results.withLock { $0[work.first + at] = result }
      if !result.isPassed {
        hasFailed.withLock { $0 = true }
        if stopsAtFailure { break }
      }
    }
    await session.close()
  }

  // MARK: On a server

  private func runOneByOne(
    _ programs: [SpecProgram], on server: SpecServer?, comparing other: SpecServer?,
    _ each: @Sendable (SpecResult) -> Void
  ) async throws(ScriptToolError) -> [SpecResult] {
    var results: [SpecResult] = []
    for program in programs {
      let session = try Session(program, self, on: server)
      let peer = try other.map { host throws(ScriptToolError) in
        try Session(program, self, on: host)
      }
      let isOver = await run(program, session, peer) { result in
        results.append(result)
        each(result)
      }
      await session.close()
      if isOver { break }
    }
    return results
  }

  /// Runs the cases of one file; whether that is the end.
  private func run(
    _ program: SpecProgram, _ session: Session, _ peer: Session?, _ note: (SpecResult) -> Void
  ) async -> Bool {
    let cases: [SpecCase]
    do {
      cases = try await session.cases().filter { filter.map($0.name.contains) ?? true }
    } catch {
      note(error.result)
      return stopsAtFailure || session.isBusy
    }
    for spec in cases {
      if Task.isCancelled { return true }
      let result: SpecResult
      if let peer {
        result = await SpecComparison(spec, session, peer).result()
      } else {
        result = await session.result(of: spec)
      }
      note(result)
      if !result.isPassed, stopsAtFailure { return true }
      // It would answer nothing but BUSY.
      if session.isBusy || peer?.isBusy == true { return true }
    }
    return false
  }
}

/// An `it` as it stands in its file.
struct SpecCase: Sendable {
  /// From 1.
  let number: Int
  let name: String
  let line: Int
}

extension SpecRunner {
  /// What one `it` answered.
  struct Answer: Sendable {
    let failure: SpecResult.Failure?
    /// Each reply, where they were asked for, and the line that it was for.
    var calls: [String] = []
    var lines: [ScriptLine?] = []
    /// What Redis leaves open of what was asked.
    var open = Open.nothing

    enum Open: String {
      case nothing = ""
      case order
      case replies
      case keyspace
    }
  }

  /// Why a host has no answer to a call.
  enum CallFailure: Error {
    case host(HostError)
    case stopped
    case busy(String)
  }

  /// Why a file could not run at all.
  struct WholeFailure: Error {
    let result: SpecResult
  }

  /// A program on a host.
  final class Session: Sendable {
    let program: SpecProgram
    let host: any ScriptHost
    private let server: SpecServer?
    private let timeLimit: Duration
    private let busy = Locked(false)
    private let declaredKeys: Bool
    private let coverage: SpecCoverage?
    private let lines: ScriptCoverage?

    /// Whether the server runs one of these specs still, and nobody can end that from here.
    var isBusy: Bool { busy.withLock { $0 } }

    /// - Parameter server: Where it runs; nil for a host of its own in this process.
    init(
      _ program: SpecProgram, _ runner: SpecRunner, on server: SpecServer? = nil
    ) throws(ScriptToolError) {
      self.program = program
      self.server = server
      timeLimit = runner.timeLimit
      declaredKeys = runner.declaredKeys
      if let server {
        host = server.host
        (coverage, lines) = (nil, nil)
        return
      }
      coverage = runner.coverage
      lines = coverage == nil ? nil : ScriptCoverage()
      var configuration = EmbeddedConfiguration(storage: .memory)
      configuration.scriptTimeLimit = runner.timeLimit
      runner.memory.apply(to: &configuration)
      // Specs shall go the same way each time.
      configuration.randomSeed = 1
      configuration.coverage = lines
      do throws(HostError) {
        self.host = try EmbeddedHost.open(configuration)
      } catch {
        throw .host(error)
      }
    }

    func close() async {
      if let lines { coverage?.add(lines.lines(of: program.script.sha1), of: program) }
      if server == nil { await host.close() }
    }

    /// All that the file has.
    func cases() async throws(WholeFailure) -> [SpecCase] {
      do throws(CallFailure) {
        try await empty()
        let reply = try await call([Bytes("list".utf8)])
        try await empty()
        let texts = reply.array?.dropFirst().map { $0.text ?? "" } ?? []
        return stride(from: 0, to: texts.count - 1, by: 2).map { at in
          SpecCase(
            number: at / 2 + 1, name: texts[at], line: program.line(at: texts[at + 1])?.number ?? 0)
        }
      } catch {
        let failure = failure(of: error)
        throw WholeFailure(
          result: SpecResult(
            file: program.file.path, name: "\(program.file.name) as a whole", line: 0,
            failure: failure, duration: .zero))
      }
    }

    func result(of spec: SpecCase) async -> SpecResult {
      let start = ContinuousClock.now
      let answer = await answer(to: spec, .plain)
      let duration = ContinuousClock.now - start
      var failure = answer.failure
      if !isBusy {
        do throws(CallFailure) {
          try await empty()
        } catch {
          failure = failure ?? self.failure(of: error)
        }
      }
      return SpecResult(
        file: program.file.path, name: spec.name, line: spec.line, failure: failure,
        duration: duration)
    }

    enum Recording { case plain, replies }

    func answer(to spec: SpecCase, _ recording: Recording) async -> Answer {
      do throws(CallFailure) {
        let reply = try await call([
          Bytes(String(spec.number).utf8), Bytes((recording == .replies ? "record" : "").utf8),
          Bytes((declaredKeys ? "declared" : "").utf8),
        ])
        guard let parts = reply.array, parts.count == 7, let status = parts[0].text,
          let message = parts[1].bytes, let place = parts[2].text
        else {
          return Answer(
            failure: SpecResult.Failure(message: "the spec returned by itself", line: nil))
        }
        coverage?.add(branches: parts[5].array?.compactMap(\.integer) ?? [], of: program)
        let failure =
          status == "ok"
          ? nil
          : SpecResult.Failure(
            message: program.placed(String(decoding: message, as: UTF8.self)),
            line: program.line(at: place))
        return Answer(
          failure: failure, calls: parts[4].array?.compactMap(\.text) ?? [],
          lines: (parts[6].array ?? []).map { $0.text.flatMap(program.line(at:)) },
          open: parts[3].text.flatMap(Answer.Open.init) ?? .nothing)
      } catch {
        return Answer(failure: failure(of: error))
      }
    }

    func empty() async throws(CallFailure) {
      do throws(HostError) {
        _ = try await host.run(Command("FLUSHDB"))
      } catch {
        throw .host(error)
      }
    }

    /// What is left there.
    func keyspace(_ ids: KeyspaceDump.StreamIDs) async throws(CallFailure) -> [String] {
      do throws(HostError) {
        return try await KeyspaceDump.lines(of: host, ids)
      } catch {
        throw .host(error)
      }
    }

    /// Runs the program.
    private func call(_ arguments: [Bytes]) async throws(CallFailure) -> Reply {
      guard let server else {
        do throws(HostError) {
          return try await host.run(program.script, keys: program.keys, arguments: arguments)
        } catch {
          throw .host(error)
        }
      }
      switch await server.run(
        program.script, keys: program.keys, arguments: arguments, for: timeLimit)
      {
      case .answered(.success(let reply)): return reply
      case .answered(.failure(let error)): throw .host(error)
      case .stopped: throw .stopped
      case .busy(let reason):
        busy.withLock { $0 = true }
        throw .busy(reason)
      }
    }

    func failure(of error: CallFailure) -> SpecResult.Failure {
      let timeout = "TIMEOUT the script exceeded its time limit"
      let refusal: ServerError
      switch error {
      case .host(.refused(_, _, let error)): refusal = error
      case .host(let error): return SpecResult.Failure(message: "\(error)", line: nil)
      case .stopped: return SpecResult.Failure(message: "\(timeout) and was stopped", line: nil)
      case .busy(let reason):
        return SpecResult.Failure(message: "\(timeout), and \(reason)", line: nil)
      }
      // A server adds which script it was and where, which is the place again.
      let text = "\(refusal)".replacing(
        #/,? ?script: [0-9a-f]{40}, on @?user_script:\d+\.?/#, with: "")
      return SpecResult.Failure(
        message: program.placed(text), line: program.line(at: text))
    }
  }
}

/// One `it` on two hosts.
struct SpecComparison {
  private let spec: SpecCase
  private let here: SpecRunner.Session
  private let there: SpecRunner.Session

  init(_ spec: SpecCase, _ here: SpecRunner.Session, _ there: SpecRunner.Session) {
    (self.spec, self.here, self.there) = (spec, here, there)
  }

  func result() async -> SpecResult {
    let start = ContinuousClock.now
    let failure = await failure()
    let duration = ContinuousClock.now - start
    return SpecResult(
      file: here.program.file.path, name: spec.name, line: spec.line, failure: failure,
      duration: duration)
  }

  private func failure() async -> SpecResult.Failure? {
    let own = await here.answer(to: spec, .replies)
    let other = await there.answer(to: spec, .replies)
    if there.isBusy { return other.failure }
    do throws(SpecRunner.CallFailure) {
      let ids: KeyspaceDump.StreamIDs = own.open == .nothing ? .shown : .hidden
      let isOpen = own.open == .keyspace
      let left = isOpen ? [] : try await here.keyspace(ids)
      let right = isOpen ? [] : try await there.keyspace(ids)
      try await here.empty()
      try await there.empty()
      if let failure = own.failure, let second = other.failure, failure.message == second.message {
        return failure
      }
      if let difference = Self.difference(own, other) { return difference }
      for (at, line) in left.enumerated() where at >= right.count || right[at] != line {
        return SpecResult.Failure(
          message:
            "the keyspaces differ: embedded \(line), server \(at < right.count ? right[at] : "nothing")",
          line: nil)
      }
      if right.count > left.count {
        return SpecResult.Failure(
          message: "the keyspaces differ: embedded nothing, server \(right[left.count])", line: nil)
      }
      return nil
    } catch {
      return there.failure(of: error)
    }
  }

  /// What of the replies is not equal.
  private static func difference(
    _ own: SpecRunner.Answer, _ other: SpecRunner.Answer
  ) -> SpecResult.Failure? {
    func failure(_ message: String, _ line: ScriptLine?) -> SpecResult.Failure {
      SpecResult.Failure(message: message, line: line)
    }
    func line(_ answer: SpecRunner.Answer, _ at: Int) -> ScriptLine? {
      at < answer.lines.count ? answer.lines[at] : nil
    }
    for (at, call) in own.calls.enumerated()
    where at >= other.calls.count || other.calls[at] != call {
      let there = at < other.calls.count ? other.calls[at] : "nothing"
      return failure("reply \(at + 1) differs: embedded \(call), server \(there)", line(own, at))
    }
    if other.calls.count > own.calls.count {
      let at = own.calls.count
      return failure(
        "reply \(at + 1) differs: embedded nothing, server \(other.calls[at])", line(other, at))
    }
    switch (own.failure, other.failure) {
    case (nil, nil): return nil
    case (let only?, nil): return failure("fails only embedded: \(only.message)", only.line)
    case (nil, let only?): return failure("fails only on the server: \(only.message)", only.line)
    case (let first?, let second?):
      return failure(
        "fails in two ways: embedded \(first.message); server \(second.message)", first.line)
    }
  }
}
