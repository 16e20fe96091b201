import ArgumentParser
import Foundation
import Irminsul

/// Another store that a command exchanges objects with.
enum RemoteStore {
  static let help: ArgumentHelp =
    "The other store: file:PATH, redis://HOST:PORT/DB?name=STORE, rediss://…, redis+unix://…"

  /// Calls `body` with the store at a URL, and closes it afterwards.
  ///
  /// - Parameter model: A store that is made there, if none is, is of the same kind; nil: it must be there.
  static func withRepository<Result>(
    _ url: String, like model: Repository? = nil, _ body: (Repository) async throws -> Result
  ) async throws -> Result {
    var options = Repository.Options()
    options.logger = Warnings.logger
    options.creation = model == nil ? .never : .ifAbsent
    if let model {
      options.hash = model.algorithm
      options.layout = model.layout
    }
    let repository = try await Repository.open(
      url, environment: ProcessInfo.processInfo.environment, options: options)
    do {
      let result = try await body(repository)
      await repository.close()
      return result
    } catch {
      await repository.close()
      throw error
    }
  }
}

/// A ref that a transfer has set, as `clone`, `fetch`, `push` and `pull` print it.
struct SyncFacts: Encodable {
  let ref: String
  let change: String
  let old: String?
  let new: String?

  init(_ ref: SyncResult.Ref) {
    self.ref = ref.name
    change = "\(ref.change)"
    old = ref.old?.hex
    new = ref.new?.hex
  }

  init(ref: String, change: String, old: ObjectID?, new: ObjectID?) {
    self.ref = ref
    self.change = change
    self.old = old?.hex
    self.new = new?.hex
  }

  func print(_ output: OutputOptions) throws {
    if output.isJSON { return try JSONLine.print(self) }
    let words: [String: String] = [
      "created": "new", "fastForward": "moved on", "forced": "forced", "merged": "merged",
      "removed": "removed", "unchanged": "as it was", "fetched": "fetched",
    ]
    let place = [old, new].compactMap { $0.map { String($0.prefix(10)) } }
    try StandardOutput.line(
      "\(Style.output(.green, ref)) \(words[change] ?? change)"
        + (place.isEmpty ? "" : " \(Style.output(.yellow, place.joined(separator: "..")))"))
  }
}
