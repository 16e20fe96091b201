/// Why a fixture of the test kit could not do its part.
public struct FixtureError: Error, Sendable, CustomStringConvertible {
  public let description: String

  init(_ description: String) {
    self.description = description
  }
}
