import Irminsul

/// The code of the page "Synchronising": compiled; the servers and files that it names are nobody's. `SyncTests` and
/// `SliceTests` run the same calls.
private enum SynchronisingGuide {
  static func exchange() async throws {
    let local = try await Repository.open("file:settings")
    let server = try await Repository.open("redis://server/0?name=settings")
    try await local.clone(from: server)

    try await local.branch().set("theme", to: "dark", "Go dark")  // without the server
    try await local.branch().pull(from: server)  // merges what came meanwhile
    try await local.push(to: server)
  }

  static func slices(
    _ repository: Repository, _ copy: Repository, _ lastBackup: ObjectID, _ head: ObjectID
  ) async throws {
    try await repository.exportSlice(to: "all.slice")
    var options = SliceOptions()
    options.since = [lastBackup]
    try await repository.exportSlice(to: "monday.slice", options)
    try await copy.importSlice(from: "all.slice")
    try await repository.exportSnapshot(of: head, to: "state.slice")
  }
}
