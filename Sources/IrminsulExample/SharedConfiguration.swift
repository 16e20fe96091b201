import Irminsul

/// A configuration that several sites share. Each works on a replica of its own, with or without a
/// network, and now and then exchanges what has changed with a store that all can reach.
struct SharedConfiguration {
  let site: String
  let replica: Repository

  private var main: Branch { replica.branch() }

  /// Opens the replica of a site: in a file, say, beside the program that uses it.
  static func open(_ site: String, at url: String) async throws -> SharedConfiguration {
    var options = Repository.Options()
    options.author = Person(site, "\(site)@example.org")
    return SharedConfiguration(
      site: site, replica: try await Repository.open(url, options: options))
  }

  func service(_ name: String) async throws -> Service? {
    try await main.find(Path("services/\(name)"), as: Service.self)
  }

  /// Changes a service, or makes it, and counts that. Each site has a counter of its own, so that
  /// there is nothing to merge.
  func change(_ name: String, _ reason: String, _ body: (inout Service) -> Void) async throws {
    try await main.transaction("\(reason)") { tx in
      let path = Path("services/\(name)")
      var service = try await tx.find(path, as: Service.self) ?? Service(address: "")
      body(&service)
      try tx.set(path, to: service)
      try tx.edit(.increment(Path("stats/\(site)")))
    }
  }

  func notes() async throws -> String { try await main.find("notes.txt", as: String.self) ?? "" }

  func setNotes(_ text: String, _ reason: String) async throws {
    try await main.set("notes.txt", to: text, "\(reason)")
  }

  /// How many changes all sites have made.
  func changes() async throws -> Int64 {
    guard let snapshot = try await main.snapshot() else { return 0 }
    var sum: Int64 = 0
    for site in try await snapshot.list("stats") {
      sum += try await snapshot.get(Path("stats/\(site.nameText)"), as: Counter.self).value
    }
    return sum
  }
}

extension SharedConfiguration {
  private static func mergeOptions() throws -> MergeOptions {
    var options = MergeOptions(
      rules: try MergeRules(
        ["services/*": ContentMerge(Service.self, Service.merge)], otherwise: .text))
    // Sites may have begun without having seen each other.
    options.unrelatedHistories = .merged
    return options
  }

  /// Brings in what others have changed, and sends what this site has changed.
  ///
  /// - Parameter decide: What becomes of a conflict; nil: nothing is changed, and it is thrown.
  /// - Throws: ``StoreError/mergeConflicts(_:)`` with those that are left.
  func synchronize(
    with shared: Repository,
    deciding decide: (MergeConflict) async throws -> TreeMerge.Resolution? = { _ in nil }
  ) async throws {
    while true {
      if let head = try await replica.fetch(from: shared)["main"] {
        var merge = try await main.merging(head, Self.mergeOptions())
        try await merge.resolve(decide)
        try await merge.commit("Merge what other sites have changed")
      }
      guard try await main.head() != nil else { return }
      do {
        try await replica.push("main", to: shared)
        return
      } catch StoreError.notFastForward {
        // Another site was faster: its changes come in first.
      }
    }
  }
}
