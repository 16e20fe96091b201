import Foundation
import RedisScripting

/// A script with one comparison or constant changed.
package struct ScriptMutant: Sendable {
  package let line: ScriptLine
  /// Bytes before it on its line.
  package let column: Int
  package let old: String
  package let new: String
  /// The line with the change.
  let text: String

  package var description: String { "\(line.place): \(old) -> \(new): \(text.drop { $0 == " " })" }
}

/// Changes each comparison and each constant of a script in turn, and sees whether its specs notice.
///
/// Source: DeMillo, Lipton, Sayward, "Hints on test data selection", 1978.
package struct ScriptMutation: Sendable {
  package struct Outcome: Sendable {
    package let mutant: ScriptMutant
    /// The spec that noticed; nil for a survivor.
    package let noticed: String?
  }

  /// How many mutants are tried at a time.
  package var jobs = ProcessInfo.processInfo.activeProcessorCount
  /// How long one `it` may take: a change may make a loop endless.
  package var timeLimit = Duration.seconds(2)

  package init() {}

  /// The mutants of a file, in the order of its text.
  package static func mutants(of path: String) throws(ScriptToolError) -> [ScriptMutant] {
    let source = try ScriptText.read(path)
    let texts = source.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let lines = texts.enumerated().map { ScriptLine(file: path, number: $0 + 1, text: $1) }
    let chunk = try SpecProgram.parse(lines)
    var starts = [0]
    for text in texts { starts.append(starts[starts.count - 1] + text.utf8.count + 1) }
    var mutants: [ScriptMutant] = []
    for token in chunk.tokens {
      guard let new = change(of: token) else { continue }
      let line = lines[token.line - 1]
      let column = token.range.lowerBound - starts[token.line - 1]
      let bytes = Array(line.text.utf8)
      guard column >= 0, column + token.range.count <= bytes.count else { continue }
      let changed =
        bytes[..<column] + Array(new.utf8) + bytes[(column + token.range.count)...]
      mutants.append(
        ScriptMutant(
          line: line, column: column, old: token.text, new: new,
          text: String(decoding: changed, as: UTF8.self)))
    }
    return mutants
  }

  private static let comparisons = [
    "==": "~=", "~=": "==", "<": "<=", "<=": "<", ">": ">=", ">=": ">",
  ]

  private static func change(of token: LuaToken) -> String? {
    switch token.kind {
    case .symbol: comparisons[token.text]
    case .number: "(\(token.text) + 1)"
    case .string(let bytes): bytes.isEmpty ? "'x'" : "''"
    case .keyword:
      switch token.text {
      case "true": "false"
      case "false": "true"
      default: nil
      }
    case .name, .end: nil
    }
  }

  /// Tries every mutant of a file.
  ///
  /// - Parameters:
  ///   - path: A script, or what scripts include, as the specs' folder names it.
  ///   - each: Told of each outcome as it comes.
  /// - Throws: `ScriptToolError.specsFail` when the specs fail with nothing changed.
  package func run(
    _ path: String, _ specs: [SpecFile], each: @escaping @Sendable (Outcome) -> Void = { _ in }
  ) async throws(ScriptToolError) -> [Outcome] {
    var runner = SpecRunner()
    runner.timeLimit = timeLimit
    let trials = try await Self.trials(of: path, specs, runner)
    let mutants = try Self.mutants(of: trials.path)
    let outcomes = Locked<[Int: Outcome]>([:])
    let next = Locked(0)
    let failure = Locked<ScriptToolError?>(nil)
    let (plain, parts) = (runner, trials.trials)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<max(1, min(jobs, mutants.count)) {
        group.addTask {
          while true {
            let at = next.withLock { next in
              next += 1
              return next - 1
            }
            guard at < mutants.count, !Task.isCancelled else { return }
            do throws(ScriptToolError) {
              let outcome = try await Self.outcome(of: mutants[at], parts, plain)
              each(outcome)
              outcomes.withLock { $0[at] = outcome }
            } catch {
              failure.withLock { $0 = $0 ?? error }
            }
          }
        }
      }
    }
    if let error = failure.withLock({ $0 }) { throw error }
    return outcomes.withLock { found in found.keys.sorted().compactMap { found[$0] } }
  }

  /// A file of specs as it runs, and what is in it.
  private struct Trial: Sendable {
    let program: SpecProgram
    let cases: [SpecCase]
  }

  /// The specs in whose programs a file is, those that name it most before others: they will notice soonest. And the
  /// file's path as the programs have it.
  private static func trials(
    of path: String, _ specs: [SpecFile], _ runner: SpecRunner
  ) async throws(ScriptToolError) -> (path: String, trials: [Trial]) {
    let place = URL(filePath: path).standardizedFileURL
    let name = place.deletingPathExtension().lastPathComponent
    var source = path
    var found: [(trial: Trial, uses: Int)] = []
    for file in specs {
      let program = try SpecProgram(file, .none)
      guard
        let own = program.sources.first(where: { URL(filePath: $0).standardizedFileURL == place })
      else { continue }
      source = own
      let session = try SpecRunner.Session(program, runner)
      do throws(SpecRunner.WholeFailure) {
        let cases = try await session.cases()
        for spec in cases {
          let result = await session.result(of: spec)
          if !result.isPassed { throw SpecRunner.WholeFailure(result: result) }
        }
        let uses = program.lines.count { $0.file == file.path && $0.text.contains(name) }
        found.append((Trial(program: program, cases: cases), uses))
      } catch {
        throw .specsFail(error.result.name)
      }
      await session.close()
    }
    guard !found.isEmpty else { throw .noSpecs(paths: specs.map(\.path)) }
    let ordered = found.sorted {
      ($0.uses, $1.trial.program.file.path) > ($1.uses, $0.trial.program.file.path)
    }
    return (source, ordered.map(\.trial))
  }

  private static func outcome(
    of mutant: ScriptMutant, _ trials: [Trial], _ runner: SpecRunner
  ) async throws(ScriptToolError) -> Outcome {
    for trial in trials {
      let program = trial.program.replacing(mutant.line, by: mutant.text)
      let session = try SpecRunner.Session(program, runner)
      var noticed: String?
      for spec in trial.cases where noticed == nil {
        let result = await session.result(of: spec)
        if !result.isPassed { noticed = result.name }
      }
      await session.close()
      if let noticed { return Outcome(mutant: mutant, noticed: noticed) }
    }
    return Outcome(mutant: mutant, noticed: nil)
  }
}
