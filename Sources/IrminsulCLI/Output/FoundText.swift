import Irminsul

/// What is at a path, in a few words for a message.
enum FoundText {
  static func describe(_ entry: Entry?, in repository: Repository) async throws -> String {
    guard let entry else { return "nothing" }
    if entry.mode.isTree { return "a folder" }
    if entry.mode.isSubmodule { return "commit \(entry.id) of another repository" }
    guard let object = try await repository.object(entry.id) else { return "\(entry.id)" }
    return value(Array(object.content))
  }

  /// A short text as it is, other values by their size.
  static func value(_ bytes: [UInt8]) -> String {
    guard bytes.count <= 60, let text = String(validating: bytes, as: UTF8.self),
      !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F })
    else { return "a value of \(NumberText.count(bytes.count, "byte"))" }
    return "\"\(text)\""
  }
}
