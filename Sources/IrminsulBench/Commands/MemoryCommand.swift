import ArgumentParser

/// What a commit takes in Redis.
struct MemoryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "memory", abstract: "Bytes in Redis for each commit and each object.",
    discussion: """
      JSON keys: scenario, method, shape, writers, commits, objects (that the commits added), \
      redis_bytes_per_commit, redis_bytes_per_object, of_ocaml_irmin (redis_bytes_per_commit / 3332, \
      which OCaml Irmin takes for a commit to the shape 10x10x10; null for other shapes).
      """)

  @OptionGroup var common: CommonOptions

  @Option(parsing: .unconditional, help: ArgumentHelp("How many commits to make.", valueName: "n"))
  var commits = 20_000

  @Option(help: ArgumentHelp("Entries of each level of the tree.", valueName: "list"))
  var shape = ValueList(
    [[10, 10, 10], [100, 100, 10], [10, 10, 10, 10], [1000], [10, 100]].map {
      TreeShape(widths: $0)
    })

  func validate() throws {
    try check("--commits", [commits], 1...100_000_000)
    if common.seconds != nil { throw ValidationError("memory takes --commits, not --seconds") }
  }

  func run() async throws {
    guard common.place.isPlainRedis else {
      throw BenchError("memory is measured on redis:// or redis+unix:// only", .usage)
    }
    let printer = try Printer(
      isJSON: common.isJSON, try await RunHeader.take(common.place),
      columns: [
        .init("shape", 12, .left), .init("method", 10, .left), .init("commits", 9),
        .init("objects", 9), .init("bytes/commit", 12), .init("bytes/object", 12),
        .init("x OCaml Irmin", 13),
      ])
    for shape in shape.values {
      for method in [Method.irminsul, .reference] {
        let row = try await measure(method, shape)
        try printer.add(row, row.cells)
      }
    }
  }

  private func measure(_ method: Method, _ shape: TreeShape) async throws -> MemoryRow {
    return try await BenchStore.with(common.place) { store in
      try await measure(method, shape, on: store)
    }
  }

  private func measure(
    _ method: Method, _ shape: TreeShape, on store: BenchStore
  ) async throws -> MemoryRow {
    let activity = WorkerPlan.Activity.write(method, .disjoint)
    try await store.fill(for: activity, shape)
    // The reference protocol leaves the objects of lost attempts behind: one writer loses none.
    let plan = WorkerPlan(
      activity: activity, shape: shape, url: store.url, storeName: store.name, firstWriter: 0,
      writers: 1)
    guard let before = try store.counters() else { throw BenchError("the server does not count") }
    let commits = commits
    let tally = try await ThreadTeam.run {
      let workers = try WorkerGroup([plan])
      defer { workers.finish() }
      return try workers.run(Round(number: 1, limit: .commits(commits)))
    }
    guard tally.failed == 0, let after = try await store.restingCounters(clients: before.clients)
    else { throw BenchError("commits failed: \(tally.firstFailure ?? "")") }
    return MemoryRow(method, shape, tally, bytes: after.memory - before.memory)
  }
}

/// What the commits to a tree of one shape took.
struct MemoryRow: Encodable {
  let scenario = "memory"
  let method: Method
  let shape: TreeShape
  let writers = 1
  let commits: Int
  let objects: Int
  let bytesPerCommit: Double
  let bytesPerObject: Double
  /// Only for the shape that its figure is of.
  let ofIrmin: Double?

  init(_ method: Method, _ shape: TreeShape, _ tally: WriterTally, bytes: Int) {
    self.method = method
    self.shape = shape
    commits = tally.done
    // A blob, the trees on its path and the commit are new each time.
    objects = tally.done * (shape.widths.count + 2)
    bytesPerCommit = Double(bytes) / Double(max(commits, 1))
    bytesPerObject = Double(bytes) / Double(max(objects, 1))
    ofIrmin = shape == .usual ? bytesPerCommit / Bound.irminBytesPerCommit : nil
  }

  var cells: [String] {
    [
      "\(shape)", method.rawValue, Figure.grouped(commits), Figure.grouped(objects),
      Figure.text(bytesPerCommit), Figure.text(bytesPerObject), Figure.text(ofIrmin),
    ]
  }

  private enum CodingKeys: String, CodingKey {
    case scenario, method, shape, writers, commits, objects
    case bytesPerCommit = "redis_bytes_per_commit"
    case bytesPerObject = "redis_bytes_per_object"
    case ofIrmin = "of_ocaml_irmin"
  }
}
