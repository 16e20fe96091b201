import ArgumentParser
import Irminsul

struct InitCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init", abstract: "Make a store, and say where.",
    discussion: """
      Without --store and IRMINSUL_STORE the store is .irminsul/store of this very folder. A store \
      that is there already stays as it is.

      The layout "wide" is for folders of very many names: each change costs the logarithm of their \
      number, not all of them. In a Git repository such a folder is seen as several levels of small ones.

      Example: irminsul init --store file:settings.db --layout wide

      JSON keys: store, hash, layout, created.
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var output: OutputOptions

  @Option(
    help: ArgumentHelp("The ids of its objects: sha1 (default) or sha256.", valueName: "name"))
  var hash: HashAlgorithm?

  @Option(
    help: ArgumentHelp("How folders are kept: git (default) or wide.", valueName: "name"))
  var layout: DirectoryLayout?

  private struct Facts: Encodable {
    let store: String
    let hash: String
    let layout: String
    let created: Bool
  }

  func run() async throws {
    if store.givenURL != nil { return try await make(store) }
    var place = store
    place.url = DefaultStore.here.url
    try await DefaultStore.here.withFolder { try await make(place) }
  }

  private func make(_ place: StoreOptions) async throws {
    let isThere = try await exists(place)
    try await place.withRepository(.write, hash: hash, layout: layout) { repository in
      let facts = Facts(
        store: repository.location, hash: repository.algorithm.rawValue,
        layout: repository.layout.rawValue, created: !isThere)
      if output.isJSON { return try JSONLine.print(facts) }
      let kind = "\(facts.hash) ids" + (repository.layout == .wide ? ", wide directories" : "")
      try StandardOutput.line(
        isThere
          ? "There is a store already: \(facts.store) (\(kind))"
          : "Made a store: \(facts.store) (\(kind))")
    }
  }

  private func exists(_ place: StoreOptions) async throws -> Bool {
    do {
      try await place.withRepository(.read) { _ in }
      return true
    } catch StoreError.storeAbsent {
      return false
    }
  }
}

extension HashAlgorithm: ExpressibleByArgument {}
extension DirectoryLayout: ExpressibleByArgument {}
