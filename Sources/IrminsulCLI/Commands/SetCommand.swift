import ArgumentParser
import Irminsul

struct SetCommand: EndsInOrder {
  static let configuration = CommandConfiguration(
    commandName: "set", abstract: "Put values at paths, in one commit.",
    usage: """
      irminsul set PATH VALUE
      irminsul set PATH -                  (the value is read from standard input)
      irminsul set PATH --file FILE
      irminsul set PATH=VALUE PATH=VALUE … (all in one commit)
      """,
    discussion: """
      Two arguments of which the first has no "=" are a path and its value; otherwise each is \
      PATH=VALUE, divided at the first "=". After -- a value may begin with "-". Values are kept \
      byte by byte, without a newline added. Whatever was at a path is replaced, also a folder.

      A value keeps the mode that is there (100755: executable), 100644 when nothing is; --mode \
      sets it.

      With --expect-absent or --test the commit is made only if the path holds nothing, or holds \
      that value; else the exit code is 1 and what is there is told.

      Example: irminsul set config/theme=dark config/size=12

      JSON keys: branch, changed, commit (the head afterwards), subject, position (if changed).
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var branch: BranchOption
  @OptionGroup var commit: CommitOptions
  @OptionGroup var output: OutputOptions

  @Option(help: ArgumentHelp("Read the value from a file.", valueName: "file"))
  var file: String?

  @Option(help: ArgumentHelp("Only if the path holds this value.", valueName: "old"))
  var test: String?

  @Option(
    help: ArgumentHelp(
      "The mode as Git writes it: 100644, 100755 or 120000 (a symbolic link).", valueName: "mode"))
  var mode: String?

  @Flag(help: "Only if nothing is at the paths.")
  var expectAbsent = false

  @Argument(help: ArgumentHelp("PATH VALUE, or PATH=VALUE …", valueName: "path-value"))
  var items: [String]

  private static let modes: [String: FileMode] = [
    "100644": .blob, "100755": .executable, "120000": .symbolicLink,
  ]

  private struct Assignment {
    enum Source {
      case text(String)
      case file(String)
      case standardInput
    }

    let path: String
    let source: Source
  }

  private func assignments() throws -> [Assignment] {
    if let file {
      guard items.count == 1 else {
        throw ValidationError("--file goes with one PATH and no value")
      }
      return [Assignment(path: items[0], source: .file(file))]
    }
    if items.count == 2, items[1] == "-" {
      return [Assignment(path: items[0], source: .standardInput)]
    }
    if items.count == 2, !items[0].contains("=") {
      return [Assignment(path: items[0], source: .text(items[1]))]
    }
    return try items.map { item in
      guard let mark = item.firstIndex(of: "=") else {
        throw ValidationError(
          items.count == 1 ? "no value for \"\(item)\"" : "\"\(item)\" is not PATH=VALUE")
      }
      return Assignment(
        path: String(item[..<mark]), source: .text(String(item[item.index(after: mark)...])))
    }
  }

  func validate() throws {
    let count = try assignments().count
    if let mode, Self.modes[mode] == nil {
      throw ValidationError(
        "--mode must be one of \(Self.modes.keys.sorted().joined(separator: ", "))")
    }
    if test != nil, expectAbsent {
      throw ValidationError("give --test or --expect-absent, not both")
    }
    if test != nil, count > 1 { throw ValidationError("--test goes with one path") }
  }

  func run() async throws {
    try branch.check()
    let assignments = try assignments()
    let paths = try assignments.map { try Path(writing: $0.path) }
    try Self.checkApart(paths)
    let values = try assignments.map { try Self.read($0.source) }
    defer { for value in values { value.discard() } }
    let names = paths.map(\.description)
    let info = commit.info(
      names.count == 1
        ? "Set \(names[0])"
        : "Set \(names.count) paths\n\n\(names.joined(separator: "\n"))")
    // What a path must hold cannot be in a store that is not there.
    try await store.withRepository(test == nil ? .write : .read) { repository in
      let branch = try await branch.branch(of: repository)
      do {
        let result: WriteResult
        if let test {
          result = try await branch.testAndSet(
            paths[0], test: ArgumentText.bytes(of: test), set: try values[0].bytes(), info)
        } else if case .file(let file, _) = values[0] {
          // Only one value comes from a file.
          let mode = try await mode(at: paths[0], on: branch)
          result = try await repository.withBlob(ofFile: file) { [expectAbsent] id in
            let edit = BranchEdit.setEntry(paths[0], Entry(mode: mode, id: id))
            return try await branch.commit([expectAbsent ? edit.expecting(nil) : edit], info)
          }
        } else {
          var edits: [BranchEdit] = []
          for (path, value) in zip(paths, values) {
            let edit = try BranchEdit.set(
              path, try value.bytes(), mode: try await mode(at: path, on: branch))
            edits.append(expectAbsent ? edit.expecting(nil) : edit)
          }
          result = try await branch.commit(edits, info)
        }
        try WriteReport(result, on: branch).print(output)
        try await warn(of: result, at: paths, in: repository)
      } catch StoreError.testFailed(let path, let found) {
        throw Failure(
          .refused,
          "not set: \"\(path)\" on \(branch.name) holds "
            + "\(try await FoundText.describe(found, in: repository)), "
            + "not \(FoundText.value(ArgumentText.bytes(of: test ?? "")))")
      } catch StoreError.conflict(_, let conflicts) {
        var lines = ["not set: on \(branch.name) there is something already"]
        for conflict in conflicts.prefix(2) {
          lines.append(
            "\"\(conflict.path)\" holds "
              + "\(try await FoundText.describe(conflict.found, in: repository))")
        }
        throw Failure(.refused, lines.joined(separator: "\n"))
      }
    }
  }

  /// Says of values that had to go because there is a folder now, and of folders, that they are gone.
  private func warn(
    of result: WriteResult, at paths: [Path], in repository: Repository
  ) async throws {
    guard case .committed(let commit, _) = result, let parent = commit.parents.first else { return }
    let before = try await repository.tree(parent)
    var seen: Set<Path> = []
    for path in paths {
      for length in 1...max(1, path.steps.count) {
        let place = Path(steps: Array(path.steps.prefix(length)))
        guard seen.insert(place).inserted, let entry = try await before.entry(place) else { break }
        if entry.mode.isTree == (place == path) {
          StandardError.line(
            "irminsul: \(entry.mode.isTree ? "the folder" : "the value") \"\(place)\" was replaced; "
              + "it is in \(parent.short)")
        }
      }
    }
  }

  /// The mode that was asked for, else the one that is there.
  private func mode(at path: Path, on branch: Branch) async throws -> FileMode {
    if let mode { return Self.modes[mode] ?? .blob }
    if expectAbsent { return .blob }
    guard let found = try await branch.entry(path)?.mode.canonical, found == .executable else {
      return .blob
    }
    return found
  }

  /// Refuses paths of which one would undo what another does.
  private static func checkApart(_ paths: [Path]) throws {
    let sorted = paths.sorted()
    for (path, next) in zip(sorted, sorted.dropFirst()) where next.starts(with: path) {
      throw Failure(
        .usage,
        path == next
          ? "\"\(path)\" is given twice"
          : "\"\(path)\" cannot hold a value and a folder with \"\(next)\" in it")
    }
  }

  private static func read(_ source: Assignment.Source) throws -> ValueInput {
    switch source {
    case .text(let text): .bytes(ArgumentText.bytes(of: text))
    case .standardInput: try ValueInput.standardInput()
    case .file(let path): try ValueInput.file(path)
    }
  }
}
