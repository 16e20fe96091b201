import Irminsul

/// The suite that every backend must pass, in one line of its tests, whatever framework they use:
///
/// ```swift
/// try await BackendSuite.run { MyBackend() }
/// ```
///
/// Laws are checked from the lowest layer up, each on a fresh backend. Those of the whole store are not
/// checked while a layer below is broken, so that the message says which layer to mend first.
///
/// Source: irmin-test, Irmin's suite for backends.
public enum BackendSuite {
  /// Checks every law that the arguments allow for.
  ///
  /// - Parameters:
  ///   - again: Opens a second handle of the place that a first one is open at. A backend whose data
  ///     outlives its handle, or that several processes may use, should pass the laws for that, too.
  ///   - damaging: Makes what is stored at a place unreadable, for the law that this is an error.
  ///   - patience: How long a watch may take to tell a change.
  ///   - fresh: Makes an empty backend, another one at each call.
  /// - Returns: What was checked.
  /// - Throws: ``BackendSuiteFailure`` with every law that is broken.
  @discardableResult
  public static func run<Storage: Backend>(
    again: (@Sendable (Storage) async throws -> Storage)? = nil,
    damaging: (@Sendable (Storage, BackendDamage) async throws -> Void)? = nil,
    patience: Duration = .seconds(10), _ fresh: @Sendable () async throws -> Storage
  ) async throws -> [BackendLaw] {
    var kept: [BackendLaw] = []
    var broken: [BackendSuiteFailure.Broken] = []
    var unchecked = 0
    for law in BackendLaw.everything {
      if law.need == .anotherHandle && again == nil || law.need == .damage && damaging == nil {
        continue
      }
      if law.layer == .store, broken.contains(where: { $0.law.layer != .store }) {
        unchecked += 1
        continue
      }
      do {
        try await law.check(again: again, damaging: damaging, patience: patience, fresh)
        kept.append(law)
      } catch {
        broken.append(BackendSuiteFailure.Broken(law: law, reason: "\(error)"))
      }
    }
    if !broken.isEmpty {
      throw BackendSuiteFailure(broken: broken, kept: kept, unchecked: unchecked)
    }
    return kept
  }
}

/// The laws that a backend breaks.
public struct BackendSuiteFailure: Error, Sendable, CustomStringConvertible {
  /// One law, and what the backend did.
  public struct Broken: Sendable {
    public let law: BackendLaw
    public let reason: String
  }

  /// The lowest layer first.
  public let broken: [Broken]
  public let kept: [BackendLaw]
  /// How many laws of the whole store were not checked, since a layer below is broken.
  public let unchecked: Int

  public var description: String {
    let layers = BackendLaw.Layer.allCases.filter { layer in
      broken.contains { $0.law.layer == layer }
    }
    var lines = [
      "\(broken.count) laws broken, \(kept.count) kept; mend the \(layers[0].rawValue) layer first"
    ]
    lines += broken.map { "  \($0.law): \($0.reason)" }
    if unchecked > 0 {
      lines.append("  (\(unchecked) laws of the whole store wait for the layers below)")
    }
    return lines.joined(separator: "\n")
  }
}
