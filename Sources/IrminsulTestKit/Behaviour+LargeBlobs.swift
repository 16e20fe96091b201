import GitObjects
import Irminsul

extension Behaviour {
  /// Bytes that repeat nowhere near.
  private static func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
    var numbers = SeededNumbers(state: seed)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 8)
    while bytes.count < count {
      let word = numbers.next()
      for shift in stride(from: 0 as UInt64, to: 64, by: 8) {
        bytes.append(UInt8(truncatingIfNeeded: word >> shift))
      }
    }
    return Array(bytes.prefix(count))
  }

  private static func collected(_ content: BlobContent) async throws -> [UInt8] {
    var all: [UInt8] = []
    for try await piece in content { all += piece }
    return all
  }

  private static func pieces(_ bytes: [UInt8], of size: Int) -> AsyncStream<ArraySlice<UInt8>> {
    AsyncStream { continuation in
      for start in stride(from: 0, to: bytes.count, by: size) {
        continuation.yield(bytes[start..<min(start + size, bytes.count)])
      }
      continuation.finish()
    }
  }

  /// Blobs that are stored in chunks, and what a store may hold.
  static let largeBlobs: [Behaviour] = [
    Behaviour("blobs of any size have Git's ids and come back, as a whole, in pieces and in parts")
    {
      repository in
      let main = repository.branch()
      for (number, size) in [0, 1, 2 << 20, (2 << 20) + 1, (5 << 20) + 12_345].enumerated() {
        let value = bytes(size, seed: UInt64(number + 1))
        let id = FramedObject(kind: .blob, content: value).id(repository.algorithm)
        let path = Path("blobs/\(number)")
        if number.isMultiple(of: 2) {
          try await main.set(path, to: value, "Set \(size) bytes")
        } else {
          try await repository.withBlob(size: size, of: pieces(value, of: 700_001)) { stored in
            try expectEqual(stored, id)
            try await main.commit([.setEntry(path, Entry(mode: .blob, id: stored))], "Add")
          }
        }
        try expectEqual(try await main.entry(path)?.id, id)
        try expect(try await main.get(path) == value, "\(size) bytes come back")
        guard let snapshot = try await main.snapshot(),
          let content = try await snapshot.tree.content(path)
        else { return try expect(false, "no content") }
        try expectEqual(content.size, size)
        try expectEqual(content.id, id)
        try expect(try await collected(content) == value, "\(size) bytes come back in pieces")
        for range in [0..<10, (1 << 20) - 3..<(1 << 20) + 3, size - 7..<size + 7] {
          let wanted = range.clamped(to: 0..<max(0, size))
          try expect(
            try await content.bytes(in: max(0, range.lowerBound)..<max(0, range.upperBound))
              == Array(value[wanted]), "\(range) of \(size)")
        }
      }
    },
    Behaviour("verify reads chunks, and large blobs are good", .scripts) { repository in
      try await repository.branch().set("film", to: bytes(5 << 20, seed: 8), "Film")
      let summary = try await repository.verify { _ in }
      try expectEqual(summary.faults, 0)
    },
    Behaviour("a stream of another length than was said is refused, and a missing blob is nil") {
      repository in
      for (said, came) in [(5 << 20, (5 << 20) - 1), (5 << 20, (5 << 20) + 1), (10, 9), (10, 11)] {
        let error = try await expectError {
          _ = try await repository.withBlob(
            size: said, of: pieces(bytes(came, seed: 1), of: 1 << 20)
          ) { $0 }
        }
        guard case .unencodable = error else { throw error }
      }
      let absent = FramedObject(kind: .blob, content: [1]).id(repository.algorithm)
      try expect(try await repository.content(of: absent) == nil)
    },
    Behaviour("a large value is merged, changed and moved as any other") { repository in
      let main = repository.branch()
      let line = [UInt8]("a line that is there again and again\n".utf8)
      var text: [UInt8] = []
      while text.count < 5 << 20 { text += line }
      try await main.set("text", to: text, "Text")
      guard let head = try await main.head()?.id else { return try expect(false, "no head") }
      let side = try await repository.createBranch("side", at: head)
      try await side.set("text", to: text + [UInt8]("the end\n".utf8), "End")
      try await main.set("other", to: "x", "Other")
      try await main.merge(side)
      try expectEqual(try await main.get("text", as: [UInt8].self).count, text.count + 8)
      try await main.commit([try .append("text", "one more")], "Append")
      try expectEqual(try await main.get("text", as: [UInt8].self).count, text.count + 17)
      guard let entry = try await main.entry("text") else { return try expect(false, "no entry") }
      try await main.commit([.setEntry("moved", entry), .remove("text")], "Move")
      try expectEqual(try await main.get("moved", as: [UInt8].self).count, text.count + 17)
    },
    Behaviour("collections keep chunks as long as their blob", .scripts) { repository in
      var options = CollectionOptions()
      options.grace = .zero
      options.reflog = .zero
      let main = repository.branch()
      let value = bytes(6 << 20, seed: 9)
      try await main.set("film", to: value, "Film")
      let estimate = try await repository.estimate(options)
      try expectEqual(estimate.removed, 0)
      // Accounts have the value and not its chunks, and each byte once.
      var accounting = KindAccountOptions()
      accounting.blobs = 5
      let accounts = try await repository.accountsByKind(accounting)
      try expectEqual(accounts.blobs.first?.bytes, value.count)
      try expect(accounts.blobs.dropFirst().allSatisfy { $0.bytes < 1000 })
      try expect((value.count..<value.count + 10_000).contains(accounts.kinds.blob.bytes))
      _ = try await repository.collectGarbage(options)
      try expect(try await main.get("film") == value)
      try await main.set("film", to: "gone", "Gone")
      guard let head = try await main.head() else { return try expect(false, "no head") }
      let before = try await repository.statistics().objects
      // The same tree without its past.
      let bare = try await repository.branch("bare").set("film", to: "gone", "Bare").head
      guard let bare, bare != head.id else { return try expect(false, "no other head") }
      try await main.setHead(bare)
      _ = try await repository.collectGarbage(options)
      // Twelve chunks, what stands for the whole, two commits and the old tree.
      try expectEqual(try await repository.statistics().objects, before + 1 - 16)
    },
    Behaviour("a quota refuses what would be too much, and nothing is lost", .scripts) {
      repository in
      var options = CollectionOptions()
      options.grace = .zero
      options.reflog = .zero
      let main = repository.branch()
      try await main.set("a", to: "1", "One")
      try expect(try await repository.usage() == nil)
      try expectEqual(try await repository.set(.quotaBytes, to: "20k"), "20480")
      let objects = try await repository.statistics().objects
      try expectEqual(try await repository.usage()?.objects, Int64(objects))
      let head = try await main.head()
      for edits in [
        [try BranchEdit.set("b", bytes(30_000, seed: 2))], [try .set("b", bytes(9 << 20, seed: 3))],
      ] {
        let error = try await expectError { try await main.commit(edits, "Too much") }
        guard case .quotaExceeded("bytes", 20480, _) = error else { throw error }
      }
      try expectEqual(try await main.head(), head)
      try await main.set("b", to: "small", "There is room for it")
      // Garbage counts until it is collected.
      let lost = repository.branch("lost")
      try await lost.set("c", to: bytes(12_000, seed: 4), "Lost")
      try await repository.deleteBranch("lost")
      let full = try await expectError { try await main.set("d", to: bytes(12_000, seed: 5), "D") }
      guard case .quotaExceeded = full else { throw full }
      _ = try await repository.collectGarbage(options)
      try await main.set("d", to: bytes(12_000, seed: 5), "D")
      try expectEqual(
        try await repository.usage()?.objects, Int64(try await repository.statistics().objects))
      try await repository.set(.quotaBytes, to: nil)
      try expect(try await repository.usage() == nil)
      // Several who set the first quota at once count once.
      try await withThrowingTaskGroup(of: Void.self) { group in
        for value in ["1m", "2m", "3m", "4m"] {
          group.addTask { _ = try await repository.set(.quotaBytes, to: value) }
          group.addTask { _ = try await repository.set(.quotaObjects, to: value) }
        }
        try await group.waitForAll()
      }
      try expectEqual(
        try await repository.usage()?.objects, Int64(try await repository.statistics().objects))
      try await repository.set(.quotaObjects, to: nil)
      try await repository.set(.quotaBytes, to: nil)
      try await main.set("e", to: bytes(30_000, seed: 6), "E")
      for value in ["0", "-1", "x", "1x", "9999999999t", ""] {
        let error = try await expectError { try await repository.set(.quotaObjects, to: value) }
        guard case .badSetting = error else { throw error }
      }
    },
  ]
}
