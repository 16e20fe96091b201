import GitObjects
import RedisScripting

extension Verification {
  // MARK: Refs

  /// Checks all refs, and answers them.
  mutating func checkRefs() async throws -> RefTable {
    let table = try await refsWithCounts()
    for (name, value) in table.damaged.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      add(.badRef, Self.subject(name), "holds \(value.count) bytes, which are no id")
    }
    let refs = table.refs.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    for (name, _) in refs {
      if let problem = RefName.problem(name) {
        add(.badRef, Self.subject(name), problem)
      } else if !name.starts(with: "refs/".utf8) {
        add(.badRef, Self.subject(name), "must start with \"refs/\"")
      } else if String(validating: name, as: UTF8.self) == nil {
        add(.badRef, Self.subject(name), "has a name that is not UTF-8")
      }
    }
    for start in stride(from: 0, to: refs.count, by: 1000) {
      try Task.checkCancellation()
      try await checkTargets(of: refs[start..<min(start + 1000, refs.count)])
      tell("refs", min(start + 1000, refs.count), of: refs.count)
    }
    return table
  }

  private mutating func checkTargets(
    of refs: ArraySlice<(key: Bytes, value: RefTable.Ref)>
  ) async throws {
    let kinds = try await engine.storedKinds(refs.map(\.value.id))
    var branches: [(name: Bytes, ref: RefTable.Ref)] = []
    for ((name, ref), kind) in zip(refs, kinds) {
      switch kind {
      case .absent:
        add(.missingTarget, Self.subject(name), "is at \(ref.id), which is not stored")
      case .kind(.commit) where ref.tree != nil: branches.append((name, ref))
      case .kind(let kind) where ref.tree != nil:
        add(.notACommit, Self.subject(name), "is at \(ref.id), which is a \(kind)")
      case .kind, .unknown: break
      }
    }
    var rest = branches[...]
    while !rest.isEmpty {
      let found = try await engine.readSome(rest.map(\.ref.id), bytes: 1 << 20)
      for ((name, ref), bytes) in zip(rest, found) {
        // A commit that cannot be read has been reported as such.
        guard let bytes, let object = try? FramedObject(framed: bytes),
          let commit = try? CommitObject(object, algorithm: engine.algorithm),
          let tree = ref.tree, commit.tree != tree
        else { continue }
        add(
          .wrongRootTree, Self.subject(name),
          "is kept with root tree \(tree); commit \(ref.id) has \(commit.tree)")
      }
      rest = rest.dropFirst(found.count)
    }
  }

  /// The refs, with the counts of their folders checked where nobody moved refs meanwhile.
  private mutating func refsWithCounts() async throws -> RefTable {
    for _ in 0..<3 {
      let before = try await engine.newestLogPosition()
      let table = try await engine.refTable()
      guard try await engine.newestLogPosition() == before else { continue }
      checkCounts(table)
      return table
    }
    // Always on the move: the counts are then only wrong by what came in between.
    return try await engine.refTable()
  }

  private mutating func checkCounts(_ table: RefTable) {
    var wanted: [Bytes: Int] = [:]
    for name in [Bytes](table.refs.keys) + [Bytes](table.damaged.keys) {
      let slashes = name.indices.filter { name[$0] == UInt8(ascii: "/") }
      for slash in slashes.dropFirst() { wanted[Bytes(name[...slash]), default: 0] += 1 }
    }
    let folders = Set(wanted.keys).union(table.folders.keys)
    for folder in folders.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      let found = table.folders[folder].map { String(decoding: $0, as: UTF8.self) }
      let count = wanted[folder].map { "\($0)" }
      if found != count {
        add(
          .wrongRefCount, Self.subject(folder),
          "has \(count ?? "no") refs below it, and is kept with \(found ?? "none")")
      }
    }
  }

  // MARK: HEAD

  /// Checks what HEAD says, and answers the commit of one that is on no branch.
  mutating func checkHead(_ text: String) async throws -> [ObjectID] {
    if let name = text.split(separator: "ref: ", maxSplits: 1).first, text.hasPrefix("ref: ") {
      // A branch that is not there yet is as it should be in a new store.
      if let problem = RefName.problem(name) {
        add(.badHead, .head, "names \"\(name)\", which \(problem)")
      }
      return []
    }
    guard let id = ObjectID(hex: text), id.algorithm == engine.algorithm else {
      add(.badHead, .head, "says \"\(text.prefix(100))\", neither a ref nor an id")
      return []
    }
    switch try await engine.storedKinds([id]).first {
    case .kind(.commit): return [id]
    case .kind(let kind): add(.notACommit, .head, "is at \(id), which is a \(kind)")
    case .unknown: break
    case .absent, nil: add(.missingTarget, .head, "is at \(id), which is not stored")
    }
    return []
  }

  // MARK: The log

  /// Checks that the entries that are kept have no gap and end at the newest position.
  mutating func checkLog() async throws {
    var last: Int64?
    var count = 0
    while true {
      try Task.checkCancellation()
      guard let page = try await logPage(after: last) else { return }
      for position in page.positions {
        if let last, position != last + 1 {
          add(.badLog, .log, "position \(position) comes after \(last)")
        }
        last = position
      }
      count += page.positions.count
      tell("log", count)
      if page.positions.isEmpty {
        if (last ?? 0) < page.newest {
          add(
            .badLog, .log,
            "ends at position \(last ?? 0), and the store has made \(page.newest) changes")
        } else if let last, last > page.newest {
          add(.badLog, .log, "has position \(last), and the store has made \(page.newest) changes")
        }
        return
      }
    }
  }

  private struct Page {
    let newest: Int64
    let positions: [Int64]
  }

  /// The next entries, the oldest that are kept at first; nil and a fault when they make no sense.
  private mutating func logPage(after last: Int64?) async throws -> Page? {
    var after = last
    do {
      while true {
        if after == nil {
          after = max(0, try await engine.logPage(.before(nil), count: 1).oldest - 1)
        }
        do {
          let page = try await engine.logPage(.after(after ?? 0), count: 1000)
          return Page(newest: page.newest, positions: page.events.map(\.position))
        } catch StoreError.logTrimmed where last == nil {
          // Trimmed between the two questions.
          after = nil
        }
      }
    } catch StoreError.unexpectedReply {
      add(.badLog, .log, "entries after position \(after ?? 0) make no sense")
      return nil
    } catch StoreError.logTrimmed {
      // Trimmed while it was read: the rest is younger than what was to be checked.
      return nil
    }
  }

  private static func subject(_ name: Bytes) -> Fault.Subject {
    .ref(String(decoding: name, as: UTF8.self))
  }
}

extension ScriptedEngine {
  /// How many ref changes the store has made.
  func newestLogPosition() async throws -> Int64 {
    try await logPage(.before(nil), count: 1).newest
  }
}
