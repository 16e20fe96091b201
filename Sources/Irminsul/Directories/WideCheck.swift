import GitObjects
import RedisScripting

/// Looks for what is wrong in wide directories whose trees are sound one by one: what a hand in a clone,
/// or another program, may have made of them.
///
/// Each part is read once. Memory: an id and two numbers for each.
struct WideCheck {
  let engine: ScriptedEngine
  private var known: [ObjectID: Known] = [:]

  private struct Known {
    /// The digits that led to it last, as a hash.
    let place: Int
    /// nil for what cannot be read, which is found where links are checked.
    var count: Int?
    var isNode = false
  }

  private struct Part {
    let id: ObjectID
    let digits: [UInt8]
  }

  init(engine: ScriptedEngine) {
    self.engine = engine
  }

  /// Follows directories from their tops down, as far as they were not followed before.
  ///
  /// - Parameter fault: Gets the tree that is at fault, and what is wrong with it.
  mutating func check(_ tops: [ObjectID], fault: (ObjectID, String) -> Void) async throws {
    var level = tops.map { Part(id: $0, digits: []) }
    var nodes: [(part: Part, node: WideNode)] = []
    while !level.isEmpty || !nodes.isEmpty {
      var new: [Part] = []
      for part in level {
        let before = known[part.id]
        if let before, before.place == part.digits.hashValue { continue }
        if before?.isNode == true {
          // A node says which digits follow where it stands; a bucket may stand higher or deeper.
          fault(part.id, "it is a part of a wide directory at two places")
        } else {
          known[part.id] = Known(place: part.digits.hashValue)
          new.append(part)
        }
      }
      let above = nodes
      (level, nodes) = ([], [])
      for (part, group) in zip(new, try await groups(new.map(\.id))) {
        guard let group else { continue }
        known[part.id]?.count = group.count
        switch group {
        case .entries(let entries): checkNames(entries, part, fault)
        case .node(let node):
          known[part.id]?.isNode = true
          nodes.append((part, node))
          for child in node.children {
            guard case .stored(let id) = child.content else { continue }
            level.append(Part(id: id, digits: part.digits + node.skip + [child.digit]))
          }
        }
      }
      for (part, node) in above { check(node, part, fault) }
    }
  }

  /// Holds a node against its parts, which are known by now.
  private func check(_ node: WideNode, _ part: Part, _ fault: (ObjectID, String) -> Void) {
    var count = 0
    if let terminal = node.terminal {
      count += 1
      let key = WideKey(of: terminal)
      let digits = part.digits + node.skip
      if key.count != digits.count || key.agreement(with: digits, from: 0) != digits.count {
        fault(part.id, "the entry \"\(terminal.nameText)\" of a wide directory belongs elsewhere")
      }
    }
    for child in node.children {
      guard case .stored(let id) = child.content, let below = known[id], let size = below.count
      else { return }
      count += size
      let limit = DirectoryLayout.bucketSize
      if below.isNode ? size <= limit : size == 0 || size > limit {
        fault(id, "\(size) entries of a wide directory are not kept so")
      }
    }
    if count != node.count {
      fault(
        part.id, "a wide directory says that it has \(node.count) entries here, and has \(count)")
    }
    if node.terminal == nil, node.children.count < 2 {
      fault(part.id, "it is a node of a wide directory that parts nothing")
    }
  }

  private func checkNames(
    _ entries: [TreeEntry], _ part: Part, _ fault: (ObjectID, String) -> Void
  ) {
    let wrong = entries.first {
      WideKey(of: $0).agreement(with: part.digits, from: 0) < part.digits.count
    }
    if let wrong {
      fault(part.id, "the entry \"\(wrong.nameText)\" of a wide directory belongs elsewhere")
    }
  }

  private func groups(_ ids: [ObjectID]) async throws -> [WideGroup?] {
    var groups: [WideGroup?] = []
    groups.reserveCapacity(ids.count)
    while groups.count < ids.count {
      let rest = ids[groups.count..<min(ids.count, groups.count + 500)]
      for bytes in try await engine.readSome(Array(rest), bytes: 1 << 20) {
        groups.append(bytes.flatMap { group($0) })
      }
    }
    return groups
  }

  private func group(_ bytes: Bytes) -> WideGroup? {
    guard let object = try? FramedObject(framed: bytes), object.kind == .tree,
      let tree = try? TreeObject(parsing: object.content, algorithm: engine.algorithm)
    else { return nil }
    return try? WideNode.group(tree)
  }
}
