import Irminsul

/// One thing that every backend must do, below the whole store or with it.
///
/// ``BackendSuite/run(again:damaging:patience:_:)`` checks all of them in one line. With a test framework
/// that takes arguments, each can be a case of its own:
///
/// ```swift
/// @Test(arguments: BackendLaw.all) func keeps(_ law: BackendLaw) async throws {
///   try await law.check { MyBackend() }
/// }
/// ```
public struct BackendLaw: Sendable, CustomStringConvertible {
  /// What is at fault when a law is broken.
  public enum Layer: String, Sendable, CaseIterable {
    case readOnly = "read-only"
    case appendOnly = "append-only"
    case link
    case atomicWrite = "atomic write"
    case watch
    /// Closing, and several handles of one place.
    case lifetime
    /// What a repository makes of the layers.
    case store = "whole store"
  }

  /// What the test must bring beside a fresh backend.
  public enum Need: Sendable, Hashable {
    case nothing
    /// A second handle of the same place.
    case anotherHandle
    /// A way to make what is stored unreadable.
    case damage
  }

  public let layer: Layer
  public let name: String
  public let need: Need
  private let body: @Sendable (BackendSubject) async throws -> Void

  init(
    _ name: String, _ layer: Layer, _ need: Need = .nothing,
    _ body: @escaping @Sendable (BackendSubject) async throws -> Void
  ) {
    self.name = name
    self.layer = layer
    self.need = need
    self.body = body
  }

  public var description: String { "\(layer.rawValue): \(name)" }

  /// Every law that needs nothing but a fresh backend, the lowest layer first.
  public static let all = everything.filter { $0.need == .nothing }

  /// Every law, the lowest layer first.
  public static let everything: [BackendLaw] =
    (objects + links + branches + watches + lifetime).sorted {
      Layer.allCases.firstIndex(of: $0.layer)! < Layer.allCases.firstIndex(of: $1.layer)!
    }
    + Behaviour.all.filter { $0.need == .nothing }.map { behaviour in
      BackendLaw(behaviour.name, .store) { subject in
        try await behaviour.check(on: subject.repository())
      }
    }

  /// Checks the law on a backend of its own.
  ///
  /// - Parameters:
  ///   - again: Opens a second handle of the place that a first one is open at.
  ///   - damaging: Makes what is stored at a place unreadable.
  ///   - patience: How long a watch may take to tell a change.
  ///   - fresh: Makes an empty backend, another one at each call.
  /// - Throws: ``BehaviourFailure`` when the backend does otherwise, or what it threw.
  public func check<Storage: Backend>(
    again: (@Sendable (Storage) async throws -> Storage)? = nil,
    damaging: (@Sendable (Storage, BackendDamage) async throws -> Void)? = nil,
    patience: Duration = .seconds(10), _ fresh: @Sendable () async throws -> Storage
  ) async throws {
    let storage = try await fresh()
    do {
      try await body(
        BackendSubject(storage, again: again, damaging: damaging, patience: patience))
    } catch {
      await storage.close()
      throw error
    }
    await storage.close()
  }
}

/// What a test of unreadable values makes unreadable: the stored bytes become some that mean nothing.
public enum BackendDamage: Sendable, Hashable {
  case object(ObjectID)
  case link(ObjectID)
  case branch(String)
}
