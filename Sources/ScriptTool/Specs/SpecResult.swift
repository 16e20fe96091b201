/// What came of one `it`.
package struct SpecResult: Sendable {
  package struct Failure: Sendable {
    package let message: String
    /// The line of the spec or of the script that failed, where one is known.
    package let line: ScriptLine?
  }

  /// The file of the spec.
  package let file: String
  /// The names of each `describe` around it and its own.
  package let name: String
  /// The line of the `it`; 0 for a file that could not run at all.
  package let line: Int
  /// nil when it passed.
  package let failure: Failure?
  package let duration: Duration

  package var isPassed: Bool { failure == nil }
}
