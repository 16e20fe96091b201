import ArgumentParser
import Foundation
import Irminsul

struct DeleteStoreCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete-store", abstract: "Delete a whole store for good.",
    discussion: """
      NAME must be the store's own name, that of ?name= in the URL or "irminsul", and --force be \
      given; without it the command only tells what would be deleted. When it is interrupted, run \
      it again.

      Example: irminsul delete-store irminsul --force

      JSON keys: store, deleted, objects (that were there).
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var output: OutputOptions

  @Flag(help: "Really delete it.")
  var force = false

  @Argument(help: "The store's name.")
  var name: String

  private struct Facts: Encodable {
    let store: String
    let deleted: String
    let objects: Int64
  }

  func run() async throws {
    let url = try store.existingURL()
    var found: StoreStatistics?
    var location = ""
    do {
      (found, location) = try await store.withRepository(.read) { repository in
        (try await repository.statistics(), repository.location)
      }
    } catch StoreError.storeDeleted(_, let place) {
      // An earlier deletion was interrupted: this one goes on with it.
      location = place
    } catch StoreError.storeAbsent(let name, let place) {
      throw Failure(
        .refused, "there is no store \"\(name)\" in \(place): nothing was deleted")
    }
    let size = found.map {
      "\(NumberText.count(Int($0.objects), "object")) and \(NumberText.count($0.branches, "branch"))"
    }
    if !force {
      throw Failure(
        .refused,
        "not deleted: store \"\(name)\" in \(location)"
          + (size.map { ", which holds \($0)" } ?? "") + "\nAdd --force to delete it for good.")
    }
    let bar = ProgressBar()
    let total = Int(found?.objects ?? 0)
    try await Repository.deleteStore(
      named: name, at: url, environment: ProcessInfo.processInfo.environment
    ) { left in
      bar.show(
        TransferProgress(
          phase: "deleting", done: max(0, total - Int(left)), total: total, bytes: 0))
    }
    bar.finish()
    if output.isJSON {
      return try JSONLine.print(
        Facts(store: location, deleted: name, objects: found?.objects ?? 0))
    }
    try StandardOutput.line(
      "deleted store \"\(name)\" in \(location)" + (size.map { ": \($0)" } ?? ""))
  }
}
