/// One measurement of contention: who writes what, how, and for how long.
struct RowPlan: Sendable {
  var method: Method
  var layout: Layout
  var shape = TreeShape.usual
  /// Of each process.
  var writers: Int
  var processes = 1
  /// What the network adds to each round trip, in milliseconds.
  var delay = 0.0
  var seconds: Double
  /// A server that was given; nil for one of its own.
  var url: String?

  /// Enough for connections, caches and the memory of the server to settle.
  var warmUpSeconds: Double { min(1, max(0.1, seconds / 5)) }

  /// Refuses what cannot be measured.
  func check() throws {
    guard writers * processes <= shape.leafCount || layout == .hot else {
      throw BenchError(
        "\(writers * processes) writers need as many leaves, and \(shape) has \(shape.leafCount): "
          + "use a larger --shape")
    }
  }

  func worker(_ number: Int, url: String, storeName: String) -> WorkerPlan {
    WorkerPlan(
      method: method, layout: layout, shape: shape, url: url, storeName: storeName,
      firstWriter: number * writers, writers: writers, seconds: seconds,
      warmUpSeconds: warmUpSeconds)
  }
}
