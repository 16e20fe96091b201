import GitObjects
import Irminsul

/// What one process of a measurement is to do.
struct WorkerPlan: Codable, Sendable {
  enum Activity: Codable, Sendable, Equatable {
    case write(Method, Layout)
    case read(ReadMethod)
  }

  var activity: Activity
  var shape: TreeShape
  /// A folder that is there in the place of a tree of that shape.
  var folder: WideFolder?
  /// How the store keeps directories, if there is no folder that says it.
  var directories = DirectoryLayout.git
  /// The store's place as the process reaches it, and the store's name.
  var url: String
  var storeName: String
  /// The numbers of this process' writers or readers.
  var firstWriter: Int
  var writers: Int

  var writerNumbers: Range<Int> { firstWriter..<(firstWriter + writers) }

  /// Opens the store that its writers or readers use.
  func open(_ hash: HashAlgorithm = .sha1) async throws -> Repository {
    try await IrminsulStore.open(url, name: storeName, hash, folder?.layout ?? directories)
  }

  /// Whether the store lives in the process itself, which must then fill it.
  var isPrivate: Bool { url.hasPrefix("memory:") }
}
