/// What one writing process is to do.
struct WorkerPlan: Codable, Sendable {
  var method: Method
  var layout: Layout
  var shape: TreeShape
  /// The server as the writers reach it, and the store's name.
  var url: String
  var storeName: String
  /// The numbers of this process' writers.
  var firstWriter: Int
  var writers: Int
  var seconds: Double
  var warmUpSeconds: Double

  var writerNumbers: Range<Int> { firstWriter..<(firstWriter + writers) }
}
