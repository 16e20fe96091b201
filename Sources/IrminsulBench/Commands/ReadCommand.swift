import ArgumentParser

/// Reading, fresh and cached.
struct ReadCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "read", abstract: "Tasks that read values.",
    discussion: """
      Methods: head (at the branch's head of that moment, one round trip), snapshot (in a snapshot \
      whose objects are cached). JSON keys: those of contention, with read for commit.
      """)

  @OptionGroup var common: CommonOptions

  @Option(
    parsing: .unconditional, help: ArgumentHelp("How many tasks read at once.", valueName: "list"))
  var tasks = ValueList([1, 64])

  @Option(help: ArgumentHelp("Entries of each level of the tree.", valueName: "shape"))
  var shape = TreeShape.usual

  func validate() throws {
    try check("--tasks", tasks.values, 1...4096)
  }

  func run() async throws {
    let printer = try Printer(
      isJSON: common.isJSON, try await RunHeader.take(common.place),
      columns: [
        .init("store", 12, .left), .init("method", 8, .left), .init("tasks", 5),
        .init("reads/s", 10), .init("p50 µs", 7), .init("p99 µs", 7), .init("max µs", 7),
        .init("server µs", 9), .init("trips", 5),
      ])
    let places =
      common.url == nil ? [.ownServer, .memory, .file(durability: "normal")] : [common.place]
    for place in places {
      for method in ReadMethod.allCases {
        for count in tasks.values {
          let plan = RowPlan(
            scenario: .read, activity: .read(method), shape: shape, writers: count,
            seconds: common.seconds ?? 20, place: place)
          let row = try await RowRun(plan: plan).measure()
          try printer.add(
            row,
            [
              row.place, row.method, "\(row.writers)", Figure.text(row.perSecond),
              Figure.text(row.p50.map { $0 * 1000 }), Figure.text(row.p99.map { $0 * 1000 }),
              Figure.text(row.maximum.map { $0 * 1000 }),
              Figure.text(row.serverMicroseconds), Figure.text(row.roundTrips),
            ])
        }
      }
    }
  }
}
