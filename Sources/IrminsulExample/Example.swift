import Foundation
import Irminsul

@main struct Example {
  static func main() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    // A server, usually: the URL of one may be given.
    let shared = try await Repository.open(CommandLine.arguments.dropFirst().first ?? "memory:")
    for line in try await story(in: folder, shared) { print(line) }
    await shared.close()
  }
}

extension Example {
  /// Two sites part and meet again.
  ///
  /// - Returns: What there is to say about it, line by line.
  static func story(in folder: URL, _ shared: Repository) async throws -> [String] {
    var story: [String] = []
    let office = try await SharedConfiguration.open("office", at: "file:\(folder.path)/office")
    let ship = try await SharedConfiguration.open("ship", at: "file:\(folder.path)/ship")

    // The office sets up; the ship gets it before it leaves.
    try await office.change("mail", "Set up mail") { $0.address = "mail.example.org" }
    try await office.change("maps", "Set up maps") { $0.address = "maps.example.org" }
    try await office.setNotes("Call Ada.\n\nBackups run at night.\n", "Take notes")
    try await office.synchronize(with: shared)
    try await ship.synchronize(with: shared)
    story.append("the ship has mail at \(try await ship.service("mail")?.address ?? "nowhere")")

    // At sea. Both go on, and neither hears of the other.
    try await ship.change("maps", "Use maps on board") { $0.address = "10.0.0.7" }
    try await ship.change("mail", "No mail at sea") { $0.isEnabled = false }
    try await ship.setNotes("Call Ada.\n\nBackups run at noon.\n", "Backups at noon")
    try await office.change("mail", "Tag mail") { $0.tags.insert("important") }
    try await office.change("maps", "Move maps") { $0.address = "maps2.example.org" }
    try await office.setNotes("Call Ada, and Bob.\n\nBackups run at night.\n", "Call Bob")

    // In port again.
    try await office.synchronize(with: shared)
    do {
      try await ship.synchronize(with: shared)
    } catch StoreError.mergeConflicts(let conflicts) {
      for conflict in conflicts { story.append("a conflict: \(conflict)") }
    }
    // All went together but one; the ship knows best what it has on board.
    try await ship.synchronize(with: shared) { conflict in
      conflict.path == "services/maps" ? .ours : nil
    }
    try await office.synchronize(with: shared)

    for site in [office, ship] {
      story.append("\(site.site), after \(try await site.changes()) changes:")
      for name in ["mail", "maps"] {
        guard let service = try await site.service(name) else { continue }
        story.append(
          "  \(name): \(service.address), \(service.isEnabled ? "on" : "off") \(service.tags)")
      }
      for line in try await site.notes().split(separator: "\n") { story.append("  \(line)") }
    }
    story.append(try await shared.drawing().text { "\($0.subject)" })
    await office.replica.close()
    await ship.replica.close()
    return story
  }
}
