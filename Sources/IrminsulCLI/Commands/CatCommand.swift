import ArgumentParser
import Irminsul

struct CatCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cat", abstract: "Print an object, as `git cat-file -p` does.",
    discussion: """
      OBJECT is a REV, an id, or REV:PATH, divided at the first colon (no branch's name has one); \
      :PATH is HEAD:PATH.

      Example: irminsul cat main:config/theme

      JSON keys: id, kind, size.
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var output: OutputOptions

  @Flag(help: "Print only what the object is: blob, tree, commit or tag.")
  var type = false

  @Flag(help: "Print only its size in bytes.")
  var size = false

  @Argument var object: String

  private struct Facts: Encodable {
    let id: String
    let kind: String
    let size: Int
  }

  func validate() throws {
    if type, size { throw ValidationError("give --type or --size, not both") }
  }

  func run() async throws {
    try await store.withRepository(.read) { repository in
      let id: ObjectID
      if let (revision, path) = RevisionPath.divide(object) {
        let entry = try await repository.resolveEntry(revision, path: path)
        if entry.mode.isSubmodule {
          throw Failure(
            .refused, "\"\(path)\" is commit \(entry.id) of another repository (a submodule)")
        }
        id = entry.id
      } else {
        id = try await repository.resolve(ArgumentText.shown(object))
      }
      if let content = try await repository.content(of: id) {
        return try await print(content)
      }
      // Something names the id, so the object should be there.
      guard let found = try await repository.object(id) else {
        throw StoreError.missingObject(id, in: repository.location)
      }
      if output.isJSON {
        try JSONLine.print(
          Facts(id: id.hex, kind: found.kind.rawValue, size: found.contentSize))
      } else if type {
        try StandardOutput.line(found.kind.rawValue)
      } else if size {
        try StandardOutput.line("\(found.contentSize)")
      } else if found.kind == .tree {
        try print(found, id, in: repository)
      } else {
        try StandardOutput.write(found.content)
      }
    }
  }

  private func print(_ content: BlobContent) async throws {
    if output.isJSON {
      try JSONLine.print(Facts(id: content.id.hex, kind: "blob", size: content.size))
    } else if type {
      try StandardOutput.line("blob")
    } else if size {
      try StandardOutput.line("\(content.size)")
    } else {
      for try await piece in content { try StandardOutput.write(piece) }
    }
  }

  /// As `git ls-tree` does, with canonical modes and quoted names.
  private func print(
    _ object: FramedObject, _ id: ObjectID, in repository: Repository
  ) throws {
    let tree: TreeObject
    do {
      tree = try TreeObject(object, algorithm: repository.algorithm)
    } catch {
      throw StoreError.damagedObject(id, in: repository.location, reason: "\(error)")
    }
    for entry in tree.entries {
      let mode = entry.mode.canonical
      try StandardOutput.write("\(mode.sixDigits) \(mode.objectKind.rawValue) \(entry.id)\t".utf8)
      try StandardOutput.write(QuotedName.bytes(entry.name, .quoted))
      try StandardOutput.line("")
    }
  }
}
