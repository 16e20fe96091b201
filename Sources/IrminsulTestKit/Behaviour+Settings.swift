import Irminsul

extension Behaviour {
  /// Settings of the store, and what they forbid.
  static let settings: [Behaviour] = [
    Behaviour("settings are kept in their usual form, and unknown ones refused", .scripts) {
      repository in
      let before = try await repository.settings()
      try expectEqual(before[.head], "main")
      try expectEqual(before[.denyDeletes], "false")
      try expect(before.value(of: .denyDeletes) == nil)
      try expectEqual(try await repository.set(.denyDeletes, to: "Yes"), "true")
      try expectEqual(
        try await repository.set(.protected, to: "main, release/* refs/tags/*"),
        "refs/heads/main refs/heads/release/* refs/tags/*")
      try await repository.set(.head, to: "trunk")
      let after = try await repository.settings()
      try expect(after.isOn(.denyDeletes))
      try expectEqual(after[.head], "trunk")
      try expectEqual(try await repository.headReference(), "ref: refs/heads/trunk")
      try await repository.set(.denyDeletes, to: nil)
      try expect(try await !repository.settings().isOn(.denyDeletes))
      for (name, value) in [
        ("receive.denyDeletes", "maybe"), ("receive.protected", "a..b"),
        ("receive.protected", " "), ("receive.nothing", "true"),
      ] {
        let error = try await expectError {
          try await repository.set(try Setting.named(name), to: value)
        }
        guard case .badSetting(name, _) = error else { throw error }
      }
    },
    Behaviour("settings bind every writer", .scripts) { repository in
      let main = repository.branch()
      guard let first = try await main.set("a", to: "1", "One").head else {
        return try expect(false, "no head")
      }
      try await main.set("a", to: "2", "Two")
      let head = try await main.head()
      try await repository.set(.denyNonFastForwards, to: "true")
      try await repository.set(.denyDeletes, to: "true")
      let rewrite = try await expectError { try await main.setHead(first) }
      guard case .denied("refs/heads/main", "receive.denyNonFastForwards", _) = rewrite else {
        throw rewrite
      }
      let removal = try await expectError { try await repository.deleteBranch("main") }
      guard case .denied("refs/heads/main", "receive.denyDeletes", _) = removal else {
        throw removal
      }
      try expectEqual(try await main.head(), head)
      try await main.set("a", to: "3", "Three")
      try await repository.set(.denyNonFastForwards, to: nil)
      try await main.setHead(first)
      try await repository.set(.protected, to: "ma*")
      try await repository.set(.denyDeletes, to: nil)
      try await main.set("b", to: "4", "Four")
      let back = try await expectError { try await main.setHead(first) }
      guard case .denied(_, "receive.protected", _) = back else { throw back }
      try await repository.createBranch("other", at: first)
      try await repository.deleteBranch("other")
    },
  ]
}
