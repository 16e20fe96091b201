import ArgumentParser
import Irminsul

struct CloneCommand: EndsInOrder {
  static let configuration = CommandConfiguration(
    commandName: "clone", abstract: "Copy another store, all of it, into a new one.",
    discussion: """
      Every branch, tag and other ref comes with everything that it leads to, and HEAD. The new store is \
      --store, or .irminsul/store here, and may have no ref yet; it gets the same kind of ids and the same \
      layout. Interrupted, it can be run again and sends what is still missing.

      Example: irminsul clone redis://server/0?name=app

      JSON keys: objects, bytes, refs.
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var output: OutputOptions

  @Argument(help: RemoteStore.help)
  var url: String

  private struct Facts: Encodable {
    let objects: Int
    let bytes: Int
    let refs: Int
  }

  func run() async throws {
    let bar = ProgressBar()
    defer { bar.finish() }
    let result = try await RemoteStore.withRepository(url) { remote in
      try await store.withLike(remote) {
        do {
          return try await $0.clone(from: remote) { bar.show($0) }
        } catch StoreError.branchExists(let name) {
          throw Failure(
            .refused,
            "the store \($0.location) has refs already, such as \(name): nothing was copied\n"
              + "Name another one with --store, or use `irminsul fetch` or `pull`.")
        }
      }
    }
    bar.finish()
    if output.isJSON {
      return try JSONLine.print(
        Facts(objects: result.objects, bytes: result.bytes, refs: result.refs.count))
    }
    try StandardOutput.line(
      "cloned \(NumberText.count(result.refs.count, "ref")): "
        + "\(NumberText.count(result.objects, "object")), \(NumberText.size(result.bytes))")
  }
}
