import Foundation
import GitObjects
import Irminsul
import IrminsulTestKit

/// One repository in a store of its own on a server of its own, and in a bare repository, both used by git.
struct RemoteRun {
  private let git: GitCommand
  private let folder: URL
  private let server: RedisServer
  private let name: String
  /// The branch that is written, by its full name.
  private let branch: String
  /// A file of it, far down in its folders.
  private let path: String
  private let objects: Int
  private let refs: Int
  private let mirror: Double

  private var store: String { "irminsul::\(server.url)" }
  private var bare: String { "file://\(folder.path)/bare.git" }
  private func place(_ name: String) -> URL { folder.appending(path: name) }

  /// Pushes a repository into a store, clones it from there and compares the two.
  ///
  /// - Throws: ``BenchError`` where something differs.
  init(of source: String, named name: String, in folder: URL, _ server: RedisServer) async throws {
    git = try GitCommand()
    self.name = name
    self.folder = folder
    self.server = server
    // Packed as a server has it; of a repository that was fetched otherwise, what git itself takes over.
    try await git.run("clone", "-q", "--mirror", "--no-local", source, "bare.git", in: folder)
    let bare = folder.appending(path: "bare.git")
    let list = try await git.run("for-each-ref", in: bare)
    refs = list.split(separator: "\n").count
    let packed = try await git.run("rev-list", "--objects", "--all", "--count", in: bare)
    objects = Int(packed) ?? 0
    let head = try? await git.run("symbolic-ref", "HEAD", in: bare)
    let heads = try await git.run("for-each-ref", "--format=%(refname)", "refs/heads", in: bare)
      .split(separator: "\n").map(String.init)
    guard let branch = heads.first(where: { $0 == head }) ?? heads.first else {
      throw BenchError("\(source) has no branch")
    }
    self.branch = branch
    let files = try await git.run("ls-tree", "-r", "--name-only", branch, in: bare)
      .split(separator: "\n").map(String.init).filter { !$0.hasPrefix("\"") }
    guard
      let path = files.max(by: { first, second in
        first.filter { $0 == "/" }.count < second.filter { $0 == "/" }.count
      })
    else { throw BenchError("\(source) has no file on \(branch)") }
    self.path = path
    let repository = try await Repository.open(server.url)
    try await repository.set(.head, to: String(branch.dropFirst("refs/heads/".count)))
    await repository.close()
    mirror = try await git.time("push", "-q", "--mirror", "irminsul::\(server.url)", in: bare)
    try await git.run(
      "clone", "-q", "--mirror", "irminsul::\(server.url)", "checked.git", in: folder)
    let checked = folder.appending(path: "checked.git")
    guard try await git.run("for-each-ref", in: checked) == list else {
      throw BenchError("the clone of \(source) has other refs than it has")
    }
    _ = try await git.run("fsck", in: checked)
    try? FileManager.default.removeItem(at: checked)
  }

  /// Clones, fetches and pushes, each `runs` times in turn with git; the best of each.
  ///
  /// - Parameter rtt: Milliseconds to the server; git's remote is on this machine whatever it says.
  func row(rtt: Double, runs: Int) async throws -> RemoteRow {
    var row = RemoteRow(repository: name, rtt: rtt, objects: objects, refs: refs, mirror: mirror)
    let proxy = rtt > 0 ? try ProxyProcess(to: server.url, rtt: rtt) : nil
    defer { proxy?.finish() }
    let url = "irminsul::\(proxy?.url ?? server.url)"
    for _ in 0..<runs {
      row.clone.add(
        store: try await cloning(url), git: try await cloning(bare))
    }
    try await prepare(url)
    for number in 0..<(2 * runs) {
      row.fetch.add(try await fetching("\(rtt) \(number)"))
      row.push.add(try await pushing("\(rtt) \(number)"))
    }
    (row.fetchTrips, row.pushTrips) = try await countTrips("\(rtt)")
    return row
  }

  private func cloning(_ url: String) async throws -> Double {
    defer { try? FileManager.default.removeItem(at: place("clone.git")) }
    return try await git.time("clone", "-q", "--mirror", "--no-local", url, "clone.git", in: folder)
  }

  /// Makes a clone of each remote.
  private func prepare(_ url: String) async throws {
    try? FileManager.default.removeItem(at: place("writer.git"))
    try await git.run("clone", "-q", "--mirror", "bare.git", "writer.git", in: folder)
    for (name, remote) in [("of-store", url), ("of-git", bare)] {
      try? FileManager.default.removeItem(at: place(name))
      try await git.run(
        "clone", "-q", "--no-local", "--no-checkout", "--no-tags", remote, name, in: folder)
      try await git.run("config", "gc.auto", "0", in: place(name))
    }
  }

  /// A commit that neither remote nor clone has, in a repository of its own, where the branch is as it is in both.
  private func commit(_ text: String) async throws -> String {
    try await git.commit(on: branch, path: path, text: text, in: place("writer.git"))
  }

  private func fetching(_ text: String) async throws -> RemoteRow.Pair {
    let id = try await commit("fetched \(text)")
    for remote in [store, bare] {
      try await git.run("push", "-q", remote, "\(id):\(branch)", in: place("writer.git"))
    }
    try await git.run("update-ref", branch, id, in: place("writer.git"))
    return RemoteRow.Pair(
      store: try await git.time("fetch", "-q", in: place("of-store")),
      git: try await git.time("fetch", "-q", in: place("of-git")))
  }

  private func pushing(_ text: String) async throws -> RemoteRow.Pair {
    let id = try await commit("pushed \(text)")
    try await git.run("update-ref", branch, id, in: place("writer.git"))
    for clone in ["of-store", "of-git"] {
      try await git.run(
        "fetch", "-q", "--no-tags", place("writer.git").path, "+\(branch):refs/pushed",
        in: place(clone))
    }
    let words = "refs/pushed:\(branch)"
    return RemoteRow.Pair(
      store: try await git.time("push", "-q", "origin", words, in: place("of-store")),
      git: try await git.time("push", "-q", "origin", words, in: place("of-git")))
  }

  /// Round trips, counted by a proxy.
  private func countTrips(_ text: String) async throws -> (fetch: Int, push: Int) {
    let proxy = try FaultyProxy(of: server)
    defer { proxy.stop() }
    // Long enough that what is sent at once counts as that.
    proxy.delayReplies(by: 0.005)
    try await git.run(
      "config", "remote.origin.url", "irminsul::\(proxy.url)", in: place("of-store"))
    func trips(_ body: () async throws -> RemoteRow.Pair) async throws -> Int {
      proxy.resetCounts()
      _ = try await body()
      return proxy.roundTripCount
    }
    return (
      try await trips { try await fetching("counted \(text)") },
      try await trips { try await pushing("counted \(text)") }
    )
  }
}

extension RemoteRow.Pair {
  mutating func add(_ other: Self) { add(store: other.store, git: other.git) }
}
