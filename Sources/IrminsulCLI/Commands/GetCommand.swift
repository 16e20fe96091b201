import ArgumentParser
import Irminsul

struct GetCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "get", abstract: "Print the value at a path.",
    discussion: """
      The bytes are printed as they are; on a terminal a missing newline is added. PATH is never \
      divided, because a path may hold a colon: name another revision with --at, or print \
      REV:PATH with `irminsul cat`.

      Example: irminsul get config/theme --at main~1

      JSON keys: path, mode, id, size, and value, or base64 for bytes that are not UTF-8.
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var read: ReadOptions
  @OptionGroup var output: OutputOptions

  @Argument var path: String

  private struct Facts: Encodable {
    let path: String
    let mode: String
    let id: String
    let size: Int
    let value: String?
    let base64: String?
  }

  func run() async throws {
    try read.branch.check()
    let path = try Path(reading: path)
    try await store.withRepository(.read) { repository in
      let source = try await read.source(in: repository)
      guard let entry = try await source.tree.entry(path) else { throw source.absence(of: path) }
      if entry.mode.isTree {
        throw Failure(
          .refused,
          path.isRoot
            ? "the root of \(source.label) is a folder\nList it with `irminsul ls`."
            : "\"\(path)\" is a folder in \(source.label)\nList it with `irminsul ls \(path)`.")
      }
      guard !entry.mode.isSubmodule, let content = try await source.tree.content(path) else {
        throw Failure(
          .refused, "\"\(path)\" is commit \(entry.id) of another repository: it has no value here")
      }
      if output.isJSON {
        var value = Bytes()
        for try await piece in content { value += piece }
        let text = JSONBytes(value)
        return try JSONLine.print(
          Facts(
            path: path.description, mode: entry.mode.sixDigits, id: entry.id.hex,
            size: value.count, value: text.text, base64: text.base64))
      }
      var last: UInt8?
      for try await piece in content {
        try StandardOutput.write(piece)
        last = piece.last
      }
      if Style.output.isTerminal, last != UInt8(ascii: "\n") {
        try StandardOutput.line("")
      }
    }
  }
}
