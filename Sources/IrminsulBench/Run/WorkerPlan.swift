/// What one process of a measurement is to do.
struct WorkerPlan: Codable, Sendable {
  enum Activity: Codable, Sendable, Equatable {
    case write(Method, Layout)
    case read(ReadMethod)
  }

  var activity: Activity
  var shape: TreeShape
  /// The store's place as the process reaches it, and the store's name.
  var url: String
  var storeName: String
  /// The numbers of this process' writers or readers.
  var firstWriter: Int
  var writers: Int

  var writerNumbers: Range<Int> { firstWriter..<(firstWriter + writers) }

  /// Whether the store lives in the process itself, which must then fill it.
  var isPrivate: Bool { url.hasPrefix("memory:") }
}
