import CIrminsulLuaBridge
import RedisScripting

/// Which lines of the scripts on an ``EmbeddedHost`` have run.
///
/// ```swift
/// let coverage = ScriptCoverage()
/// var configuration = EmbeddedConfiguration(storage: .memory)
/// configuration.coverage = coverage
/// let host = try EmbeddedHost.open(configuration)
/// _ = try await host.run(script, keys: [key], arguments: [])
/// print(coverage.lines(of: script.sha1).missed)
/// ```
///
/// Lines count from 1. Lua itself says which lines have code, of functions that were called; of a
/// function that was never called only its absence from ``Lines/functions`` tells.
public final class ScriptCoverage: Sendable {
  /// What is known of one script.
  public struct Lines: Sendable, Equatable {
    /// Lines that have run.
    public internal(set) var run: Set<Int> = []
    /// Lines that have code, in the functions that were called.
    public internal(set) var code: Set<Int> = []
    /// Lines where a function begins that was called.
    public internal(set) var functions: Set<Int> = []

    /// Lines that have code and did not run, in order.
    public var missed: [Int] { code.subtracting(run).sorted() }
  }

  private let scripts = Locked<[String: Lines]>([:])

  /// Knows nothing yet; give it to hosts by `EmbeddedConfiguration.coverage`.
  public init() {}

  /// What is known of the script with this SHA-1, in 40 lower-case hexadecimal digits.
  public func lines(of sha1: String) -> Lines {
    scripts.withLock { $0[sha1] ?? Lines() }
  }

  /// Adds the marks of one run, by line number.
  func add(_ marks: UnsafeBufferPointer<UInt8>, of sha1: String) {
    scripts.withLock { scripts in
      var lines = scripts[sha1] ?? Lines()
      for (line, mark) in marks.enumerated() where mark != 0 {
        let mark = UInt32(mark)
        if mark & IRMINSUL_LINE_RUN.rawValue != 0 { lines.run.insert(line) }
        if mark & IRMINSUL_LINE_CODE.rawValue != 0 { lines.code.insert(line) }
        if mark & IRMINSUL_LINE_FUNCTION.rawValue != 0 { lines.functions.insert(line) }
      }
      scripts[sha1] = lines
    }
  }
}
