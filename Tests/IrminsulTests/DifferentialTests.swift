import Foundation
import Irminsul
import IrminsulTestKit
import Testing

/// The server's commits and the client's are the same bytes, over random edits of random trees, and
/// git makes the same trees.
///
/// `IRMINSUL_DIFFERENTIAL_ROUNDS` says how many commits each seed makes; a thousand are about 3,500
/// edits.
@Suite struct DifferentialTests {
  private static let rounds =
    ProcessInfo.processInfo.environment["IRMINSUL_DIFFERENTIAL_ROUNDS"].flatMap { Int($0) } ?? 600

  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func memoryAndSwift(_ seed: UInt64) async throws {
    try await compare(try await Repository.open("memory:"), seed)
  }

  @Test(arguments: [5, 6, 7, 8] as [UInt64])
  func redisAndSwift(_ seed: UInt64) async throws {
    let server = try await TestServers.shared.plain()
    try await compare(
      try await Repository.open(server.url + "?name=\(TestServers.freshName())"), seed)
  }

  private func compare(_ scripted: Repository, _ seed: UInt64) async throws {
    let classic = Repository(backend: DictionaryBackend())
    var workload = RandomWorkload(seed: seed)
    var commits = 0
    var conflicts = 0
    for round in 0..<Self.rounds {
      let edits = try workload.edits()
      let info = Info("Round \(round)", date: Timestamp(seconds: Int64(1_700_000_000 + round)))
      let one = await outcome { try await scripted.branch().commit(edits, info) }
      let other = await outcome { try await classic.branch().commit(edits, info) }
      #expect(one == other, "seed \(seed), round \(round): \(edits)")
      if one != other { break }
      switch one {
      case .head: commits += 1
      case .conflicts: conflicts += 1
      case .other(let text): Issue.record("seed \(seed), round \(round): \(text)")
      }
      if round.isMultiple(of: 25) {
        let snapshot = try await scripted.branch().snapshot()
        workload.notice(try await entries(of: snapshot))
      }
      if round.isMultiple(of: 250), let snapshot = try await scripted.branch().snapshot() {
        try await holdAgainstGit(snapshot.tree)
      }
    }
    #expect(commits > Self.rounds / 4)
    #expect(conflicts > Self.rounds / 50)
    await scripted.close()
  }

  private enum Outcome: Equatable {
    case head(ObjectID?)
    case conflicts(Set<PathConflict>)
    case other(String)
  }

  private func outcome(_ body: () async throws -> WriteResult) async -> Outcome {
    do {
      return .head(try await body().head)
    } catch StoreError.conflict(_, let conflicts) {
      return .conflicts(Set(conflicts))
    } catch {
      return .other("\(error)")
    }
  }

  /// Every path of a tree with its entry.
  private func entries(of snapshot: Snapshot?) async throws -> [(Path, Entry)] {
    guard let snapshot else { return [] }
    var found: [(Path, Entry)] = []
    var folders = [Path.root]
    while let folder = folders.popLast() {
      for item in try await snapshot.list(folder) {
        let path = folder.appending(item.name)
        found.append((path, item.entry))
        if item.entry.mode.isTree { folders.append(path) }
      }
    }
    return found
  }

  /// Lets `git mktree` make each tree of a tree from its entries, and compares the ids.
  private func holdAgainstGit(_ tree: Tree) async throws {
    try await withScratchFolder { folder in
      _ = try git(["init", "--quiet", "--bare", folder.path], input: Data())
      var folders: [Path] = [.root]
      while let path = folders.popLast() {
        guard let id = try await tree.entry(path)?.id else { continue }
        var input = Data()
        for item in try await tree.list(path) {
          let kind = item.entry.mode.objectKind.rawValue
          input += Data("\(item.entry.mode) \(kind) \(item.entry.id)\t".utf8)
          input += Data(item.name) + [0]
          if item.entry.mode.isTree { folders.append(path.appending(item.name)) }
        }
        let made = try git(["-C", folder.path, "mktree", "-z", "--missing"], input: input)
        #expect(made == id.hex, "tree at \(path)")
      }
    }
  }

  private func git(_ arguments: [String], input: Data) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["git"] + arguments
    let (stdin, stdout) = (Pipe(), Pipe())
    process.standardInput = stdin
    process.standardOutput = stdout
    try process.run()
    try stdin.fileHandleForWriting.write(contentsOf: input)
    try stdin.fileHandleForWriting.close()
    let output = try stdout.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return String(decoding: output, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
