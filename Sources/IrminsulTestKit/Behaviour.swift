import Irminsul

/// One thing that every store must do, whatever keeps its data.
///
/// The suite is ``all``: run each case on a fresh, empty store of your backend.
///
/// ```swift
/// for behaviour in Behaviour.all {
///   try await behaviour.check(on: Repository(backend: MyBackend()))
/// }
/// ```
public struct Behaviour: Sendable, CustomStringConvertible {
  /// What the store needs to offer beyond the classic layers.
  public enum Need: Sendable {
    case nothing
    /// A log of ref changes, several refs at once, expectations rebased by the server.
    case scripts
  }

  public let name: String
  public let need: Need
  private let body: @Sendable (Repository) async throws -> Void

  init(
    _ name: String, _ need: Need = .nothing,
    _ body: @escaping @Sendable (Repository) async throws -> Void
  ) {
    self.name = name
    self.need = need
    self.body = body
  }

  public var description: String { name }

  /// Runs the case on a fresh store.
  ///
  /// - Throws: ``BehaviourFailure`` when the store behaves otherwise, or what the store threw.
  public func check(on repository: Repository) async throws {
    try await body(repository)
  }

  /// Every case, in an order that is pleasant to read.
  public static let all: [Behaviour] =
    contents + corners + heads + trees + histories + merging + watches + concurrency + values
    + transactions + containers + walks + proofs + undo + settings + collection + retention
    + largeBlobs + accounts + irmin
}

/// What a store did otherwise.
public struct BehaviourFailure: Error, CustomStringConvertible {
  public let description: String
}

func expect(
  _ condition: Bool, _ what: @autoclosure () -> String = "", file: StaticString = #fileID,
  line: UInt = #line
) throws {
  if !condition { throw BehaviourFailure(description: "\(file):\(line): \(what())") }
}

func expectEqual<Value: Equatable>(
  _ found: Value, _ wanted: Value, _ what: @autoclosure () -> String = "",
  file: StaticString = #fileID, line: UInt = #line
) throws {
  try expect(
    found == wanted, "\(what()) found \(found), wanted \(wanted)", file: file, line: line)
}

/// Runs a body that must throw a store's error, and answers that.
func expectError(
  file: StaticString = #fileID, line: UInt = #line, _ body: () async throws -> Void
) async throws -> StoreError {
  do {
    try await body()
  } catch let error as StoreError {
    return error
  }
  throw BehaviourFailure(description: "\(file):\(line): no error was thrown")
}
