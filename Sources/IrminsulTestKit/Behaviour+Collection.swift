import Foundation
import GitObjects
import Irminsul

extension Behaviour {
  /// Collections of garbage.
  static let collection: [Behaviour] = [
    Behaviour("a collection removes what nothing leads to, and says how much", .scripts) {
      repository in
      var options = CollectionOptions()
      options.grace = .zero
      options.reflog = .zero
      let main = repository.branch("main")
      try await main.set("a/b", to: "1", "One")
      try await main.set("a/b", to: "2", "Two")
      _ = try await repository.collectGarbage(options)
      let before = try await repository.statistics().objects
      try await repository.branch("gone").set("c", to: "lost", "Lost")
      let lost = try await repository.branch("gone").head()
      try await repository.deleteBranch("gone")

      // As the reflog has it, it stays.
      options.reflog = .seconds(3600)
      var report = try await repository.collectGarbage(options)
      try expectEqual(report.removed, 0)
      try expectEqual(report.kept, before + 3)
      options.reflog = .zero
      report = try await repository.collectGarbage(options)
      try expectEqual(report.phase, .done)
      try expectEqual(report.removed, 3)
      try expectEqual(report.kept, before)
      try expectEqual(try await repository.statistics().objects, before)
      try expectEqual(try await main.get("a/b", as: String.self), "2")
      guard let lost else { return try expect(false, "no head") }
      let error = try await expectError {
        try await repository.branch("back").setHead(lost.id)
      }
      guard case .missingObject = error else { throw error }
    },
    Behaviour("a collection and writers at once lose nothing", .scripts) { repository in
      var options = CollectionOptions()
      options.grace = .zero
      options.reflog = .zero
      options.step = 7
      options.share = 1
      try await withThrowingTaskGroup(of: Void.self) { group in
        for writer in 0..<4 {
          group.addTask {
            for number in 0..<25 {
              let branch = repository.branch("main")
              try await branch.set("w\(writer)/f\(number)", to: "\(number)", "Write")
              try await repository.branch("t\(writer)").set("x", to: "\(number)", "Temporary")
              try await repository.deleteBranch("t\(writer)")
            }
          }
        }
        for _ in 0..<2 {
          group.addTask { [options] in
            for _ in 0..<5 { _ = try await repository.collectGarbage(options) }
          }
        }
        try await group.waitForAll()
      }
      for writer in 0..<4 {
        for number in 0..<25 {
          let value = try await repository.branch("main").get(
            "w\(writer)/f\(number)", as: String.self)
          try expectEqual(value, "\(number)")
        }
      }
      let summary = try await repository.verify { _ in }
      try expectEqual(summary.faults, 0)
      try expectEqual(summary.incompleteObjects, 0)
    },
    Behaviour("what an upload has left unfinished does not hold up collections", .scripts) {
      repository in
      let folder = FileManager.default.temporaryDirectory
        .appending(path: "irminsul-\(UInt64.random(in: 0 ... .max))")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(at: folder) }
      let main = repository.branch()
      try await main.set("kept", to: "1", "One")
      // A store with values of half a megabyte, and a slice of it.
      let source = repository.branch("source")
      let edits = try (0..<12).map {
        try BranchEdit.set(Path("values/\($0)"), String(repeating: "\($0) ", count: 200_000))
      }
      try await source.commit(edits, "Values")
      let (whole, half) = (folder.appending(path: "whole").path, folder.appending(path: "half"))
      var part = SliceOptions()
      part.refs = ["source"]
      try await repository.exportSlice(to: whole, part)
      try await repository.deleteBranch("source")
      var options = CollectionOptions()
      options.grace = .zero
      options.reflog = .zero
      _ = try await repository.collectGarbage(options)
      let objects = try await repository.statistics().objects

      options.grace = .seconds(1)
      for fraction in [0.3, 0.7] {
        let task = Task { [options] in
          try await repository.collectGarbage(options) { report in
            if report.phase == .waiting { withUnsafeCurrentTask { $0?.cancel() } }
          }
        }
        _ = try? await task.value
        let bytes = try Data(contentsOf: URL(filePath: whole))
        try bytes.prefix(Int(Double(bytes.count) * fraction)).write(to: half)
        let error = try await expectError { try await repository.importSlice(from: half.path) }
        guard case .slice = error else { throw error }
        let report = try await repository.collectGarbage(options)
        try expectEqual(report.phase, .done)
        try expectEqual(try await main.get("kept", as: String.self), "1")
      }
      // What is whole comes in all the same, and goes when nothing leads to it.
      try await repository.importSlice(from: whole)
      _ = try await repository.collectGarbage(options)
      let summary = try await repository.verify { _ in }
      try expectEqual(summary.faults + summary.incompleteObjects, 0)
      try expectEqual(
        try await source.get("values/11", as: String.self),
        String(repeating: "11 ", count: 200_000))
      try await repository.deleteBranch("source")
      options.grace = .zero
      _ = try await repository.collectGarbage(options)
      try expectEqual(try await repository.statistics().objects, objects)
    },
  ]
}
