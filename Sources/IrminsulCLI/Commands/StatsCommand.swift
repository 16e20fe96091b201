import ArgumentParser
import Irminsul

struct StatsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stats", abstract: "Print how much the store holds, and what takes its room.",
    discussion: """
      Without options: counts that cost two round trips, three with a quota. What the options add costs more: --kinds looks at every \
      object, or at a --sample of them; --refs reads all trees of all histories; --growth what the newest commits \
      have changed; --largest every object, and the trees of the heads; --garbage what gc --dry-run reads. Bytes are \
      those of contents; a server needs some 100 for each object besides.

      Example: irminsul stats --kinds --sample 10000 --growth

      JSON keys: store, hash, layout, objects, branches, otherRefs, logEntries (ref changes that are \
      kept), position (ref changes so far), tokens (requests whose repetition is recognised); with a quota: usage (objects and \
      bytes, as the quota counts them), quotaObjects, quotaBytes.
      --kinds: kinds (blob, tree, commit, tag and other, each with objects and bytes) and, with --sample, sample \
      (objects looked at, of how many, marginBytes: in 19 of 20 samples the estimate of all bytes is not further off).
      --refs: refs (each with ref, branch, and what it alone leads to: objects, bytes, kinds), reached (objects that refs \
      lead to), shared (that several lead to).
      --growth: growth (objects, bytes, kinds that the commits have added; median of a commit; cut: commits left out, as \
      their parents are not known; seconds from the oldest to the newest; commits: each with commit, date, objects, \
      bytes).
      --largest: directoriesByEntries and directoriesByBytes (path, ref, entries, bytes of the directory's own trees), \
      blobs (id, bytes, path and commit where it is; none for one that nothing leads to); pathBase64 for a path that \
      is not UTF-8.
      --garbage: garbage, as gc --dry-run has it.
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var output: OutputOptions

  @Flag(help: "Count objects and bytes by kind.")
  var kinds = false

  @Flag(help: "Tell what each branch, tag or other ref alone leads to.")
  var refs = false

  @Flag(help: "Tell what the newest commits have added.")
  var growth = false

  @Flag(help: "List the largest folders and values.")
  var largest = false

  @Flag(help: "Tell what gc would remove.")
  var garbage = false

  @Flag(help: "All of these.")
  var all = false

  @Option(
    help: ArgumentHelp(
      "Look at so many objects alone for --kinds and --largest, and estimate.", valueName: "n"))
  var sample: Int?

  @Option(help: ArgumentHelp("How many commits --growth looks at.", valueName: "n"))
  var commits = 100

  @Option(help: ArgumentHelp("How many folders and values --largest lists.", valueName: "n"))
  var top = 10

  private struct Facts: Encodable {
    let store: String
    let hash: String
    let layout: String
    let objects: Int64
    let branches: Int
    let otherRefs: Int
    let logEntries: Int64
    let position: Int64
    let tokens: Int64
    var usage: Repository.Usage?
    var quotaObjects: Int64?
    var quotaBytes: Int64?
    var kinds: KindTotals?
    var sample: KindAccounts.Sample?
    var refs: [RefFacts]?
    var reached: Int?
    var shared: Int?
    var growth: GrowthFacts?
    var directoriesByEntries: [DirectoryFacts]?
    var directoriesByBytes: [DirectoryFacts]?
    var blobs: [BlobFacts]?
    var garbage: CollectionEstimate?
  }

  private struct Accounts {
    var kinds: KindAccounts?
    var places: [ObjectID: BlobPlace] = [:]
    var refs: RefAccounts?
    var growth: Growth?
    var directories: LargestDirectories?
    var garbage: CollectionEstimate?
  }

  func validate() throws {
    if let sample, sample < 1 { throw ValidationError("--sample takes 1 or more, not \(sample)") }
    if commits < 1 { throw ValidationError("--commits takes 1 or more, not \(commits)") }
    if top < 1 { throw ValidationError("--top takes 1 or more, not \(top)") }
    if sample != nil, !kinds, !largest, !all {
      throw ValidationError("--sample is for --kinds, --largest or --all")
    }
  }

  func run() async throws {
    try await store.withRepository(.read) { repository in
      let numbers = try await repository.statistics()
      let quota = try await quota(of: repository)
      let accounts = try await accounts(of: repository)
      if output.isJSON {
        var facts = facts(of: repository, numbers, accounts)
        facts.usage = quota?.usage
        facts.quotaObjects = quota?.objects
        facts.quotaBytes = quota?.bytes
        try JSONLine.print(facts)
      } else {
        try show(repository, numbers)
        try show(quota)
        try show(accounts)
      }
    }
  }

  private struct Quota {
    let usage: Repository.Usage
    let objects: Int64?
    let bytes: Int64?
  }

  private func quota(of repository: Repository) async throws -> Quota? {
    guard let usage = try await repository.usage() else { return nil }
    let settings = try await repository.settings()
    return Quota(
      usage: usage, objects: Int64(settings[.quotaObjects]), bytes: Int64(settings[.quotaBytes]))
  }

  private func accounts(of repository: Repository) async throws -> Accounts {
    let bar = ProgressBar()
    defer { bar.finish() }
    var accounts = Accounts()
    if kinds || largest || all {
      var options = KindAccountOptions()
      options.sample = sample
      options.blobs = largest || all ? top : 0
      let found = try await repository.accountsByKind(options) { bar.show($0) }
      accounts.places = try await repository.places(of: Set(found.blobs.map(\.id)))
      accounts.kinds = found
    }
    if refs || all { accounts.refs = try await repository.accountsByRef { bar.show($0) } }
    if growth || all { accounts.growth = try await repository.growth(commits: commits) }
    if largest || all { accounts.directories = try await repository.largestDirectories(top) }
    if garbage || all { accounts.garbage = try await repository.estimate() }
    return accounts
  }

  // MARK: JSON

  private func facts(
    of repository: Repository, _ numbers: StoreStatistics, _ accounts: Accounts
  ) -> Facts {
    var facts = Facts(
      store: repository.location, hash: repository.algorithm.rawValue,
      layout: repository.layout.rawValue, objects: numbers.objects, branches: numbers.branches,
      otherRefs: numbers.otherRefs, logEntries: numbers.logEntries, position: numbers.position,
      tokens: numbers.tokens)
    if kinds || all { facts.kinds = accounts.kinds?.kinds }
    facts.sample = accounts.kinds?.sample
    facts.refs = accounts.refs?.refs.map(RefFacts.init)
    facts.reached = accounts.refs?.reached
    facts.shared = accounts.refs?.shared
    facts.growth = accounts.growth.map(GrowthFacts.init)
    facts.directoriesByEntries = accounts.directories?.byEntries.map(DirectoryFacts.init)
    facts.directoriesByBytes = accounts.directories?.byBytes.map(DirectoryFacts.init)
    if largest || all {
      facts.blobs = accounts.kinds?.blobs.map { BlobFacts($0, at: accounts.places[$0.id]) }
    }
    facts.garbage = accounts.garbage
    return facts
  }

  // MARK: Text

  private func show(_ repository: Repository, _ numbers: StoreStatistics) throws {
    let rows = [
      ("store", repository.location), ("ids", repository.algorithm.rawValue),
      ("layout", repository.layout.rawValue),
      ("objects", NumberText.count(Int(numbers.objects))),
      ("branches", NumberText.count(numbers.branches)),
      ("other refs", NumberText.count(numbers.otherRefs)),
      ("ref changes", NumberText.count(Int(numbers.position))),
      ("in the log", NumberText.count(Int(numbers.logEntries))),
      ("tokens", NumberText.count(Int(numbers.tokens))),
    ]
    try show(rows)
  }

  private func show(_ quota: Quota?) throws {
    guard let quota else { return }
    func of(_ limit: Int64?, _ text: (Int) -> String) -> String {
      limit.map { " of \(text(Int($0)))" } ?? ", no limit"
    }
    let count = { NumberText.count($0) }
    let size = { NumberText.size($0) }
    try show([
      ("quota.objects", count(Int(quota.usage.objects)) + of(quota.objects, count)),
      ("quota.bytes", size(Int(quota.usage.bytes)) + of(quota.bytes, size)),
    ])
  }

  private func show(_ rows: [(String, String)]) throws {
    for (name, value) in rows {
      let padding = String(repeating: " ", count: 14 - name.count)
      try StandardOutput.line(Style.output(.faint, name) + padding + value)
    }
  }

  private func show(_ accounts: Accounts) throws {
    if let found = accounts.kinds {
      if kinds || all { try show(found) }
      if largest || all { try show(found.blobs, accounts.places, found.sample) }
    }
    if let directories = accounts.directories { try show(directories) }
    if let refs = accounts.refs { try show(refs) }
    if let growth = accounts.growth { try show(growth) }
    if let garbage = accounts.garbage {
      try head("What gc would remove")
      try StandardOutput.line(
        "\(NumberText.count(garbage.removed, "object")) (\(NumberText.size(garbage.removedBytes))) "
          + "of \(NumberText.count(garbage.removed + garbage.kept))")
    }
  }

  private func head(_ text: String) throws {
    try StandardOutput.line("\n" + Style.output(.bold, text))
  }

  private func show(_ accounts: KindAccounts) throws {
    try head("By kind")
    if let sample = accounts.sample {
      try StandardOutput.line(
        "estimated from \(NumberText.count(sample.objects)) of \(NumberText.count(sample.of)) "
          + "objects: all bytes within \(NumberText.size(sample.marginBytes)), 19 times of 20")
    }
    var table = TextTable("objects", "bytes", "kind")
    for (name, total) in accounts.kinds.named {
      table.add(NumberText.count(total.objects), NumberText.size(total.bytes), name)
    }
    try table.print()
  }

  private func show(
    _ blobs: [KindAccounts.SizedBlob], _ places: [ObjectID: BlobPlace],
    _ sample: KindAccounts.Sample?
  ) throws {
    try head("Largest values")
    if let sample {
      try StandardOutput.line(
        "among \(NumberText.count(sample.objects)) of \(NumberText.count(sample.of)) objects")
    }
    var table = TextTable("bytes", "id", "path, in a commit that has it")
    for blob in blobs {
      let place = places[blob.id].map {
        "\(QuotedName.text($0.path.bytes)), in \($0.commit.hex.prefix(12))"
      }
      table.add(
        NumberText.size(blob.bytes), String(blob.id.hex.prefix(12)),
        place ?? "nothing leads to it")
    }
    try table.print()
  }

  private func show(_ directories: LargestDirectories) throws {
    for (title, list) in [
      ("Folders with most names", directories.byEntries),
      ("Folders with most bytes of their own", directories.byBytes),
    ] {
      try head("\(title), of \(NumberText.count(directories.directories)) at the heads")
      var table = TextTable("names", "bytes", "path, in the tree of a ref")
      for directory in list {
        let path = directory.path.isRoot ? "." : QuotedName.text(directory.path.bytes)
        table.add(
          NumberText.count(directory.entries), NumberText.size(directory.bytes),
          "\(path), in \(directory.ref)")
      }
      try table.print()
    }
  }

  private func show(_ accounts: RefAccounts) throws {
    try head("What one ref alone leads to")
    var table = TextTable("objects", "bytes", "ref")
    let own = accounts.refs.filter { $0.own.all.objects > 0 }
    for account in own {
      let total = account.own.all
      table.add(
        NumberText.count(total.objects), NumberText.size(total.bytes),
        account.branch ?? account.ref)
    }
    if !own.isEmpty { try table.print() }
    let others = accounts.refs.count - own.count
    if others > 0 {
      try StandardOutput.line("\(NumberText.count(others, "ref")) with nothing of their own")
    }
    try StandardOutput.line(
      "\(NumberText.count(accounts.reached, "object")) in all, "
        + "\(NumberText.count(accounts.shared)) of several refs")
  }

  private func show(_ growth: Growth) throws {
    try head("What the newest \(NumberText.count(growth.commits.count, "commit")) added")
    let count = max(1, growth.commits.count)
    let all = growth.total.all
    var table = TextTable("objects", "bytes", "")
    for (name, total) in growth.total.named {
      table.add(NumberText.count(total.objects), NumberText.size(total.bytes), name)
    }
    table.add(
      NumberText.count(all.objects / count), NumberText.size(all.bytes / count), "a commit")
    if let median = growth.median {
      table.add(NumberText.count(median.objects), NumberText.size(median.bytes), "median")
    }
    if let largest = growth.largest {
      table.add(
        NumberText.count(largest.added.all.objects), NumberText.size(largest.added.all.bytes),
        "most, by \(largest.id.hex.prefix(12))")
    }
    try table.print()
    if growth.seconds > 0 {
      let daily = Int(Double(all.bytes) / Double(growth.seconds) * 86_400)
      try StandardOutput.line(
        "in \(NumberText.time(seconds: Double(growth.seconds))): \(NumberText.size(daily)) a day")
    }
    if growth.cut > 0 {
      try StandardOutput.line(
        "\(NumberText.count(growth.cut, "commit")) left out, before which the history is cut")
    }
  }
}
