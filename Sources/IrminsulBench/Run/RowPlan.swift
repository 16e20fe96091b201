import Irminsul

/// One measurement: what writers or readers do, how, and for how long.
struct RowPlan: Sendable {
  enum Scenario: String, Codable {
    case contention, single, read, wide
  }

  var scenario: Scenario
  var activity: WorkerPlan.Activity
  var shape = TreeShape.usual
  /// A folder in the place of a tree of that shape.
  var folder: WideFolder?
  /// How the store keeps directories, if there is no folder that says it.
  var directories = DirectoryLayout.git
  /// Of each process.
  var writers = 1
  var processes = 1
  /// What the network adds to each round trip, in milliseconds.
  var rtt = 0.0
  var seconds: Double
  var place = Place.ownServer

  /// Enough for connections, caches and the memory of the server to settle.
  var warmUpSeconds: Double { min(1, max(0.1, seconds / 5)) }

  /// Refuses what cannot be measured.
  func check() throws {
    if case .write(let method, _) = activity, !place.isPlainRedis, method.needsPlainRedis {
      throw BenchError(
        "the method \(method.rawValue) needs redis:// or redis+unix://: irminsul and irminsul-sha256 "
          + "work on every store", .usage)
    }
    switch activity {
    case .write(_, .disjoint), .write(_, .mixed):
      // Writers share the entries of a small folder: nobody loses anything by it.
      guard folder == nil, writers * processes > shape.leafCount else { return }
      throw BenchError(
        "\(writers * processes) writers need as many leaves, and \(shape) has \(shape.leafCount): "
          + "use a larger --shape", .usage)
    case .write(_, .hot), .read: return
    }
  }

  func workers(url: String, storeName: String) -> [WorkerPlan] {
    (0..<processes).map {
      WorkerPlan(
        activity: activity, shape: shape, folder: folder, directories: directories, url: url,
        storeName: storeName,
        firstWriter: $0 * writers, writers: writers)
    }
  }

  /// The commands that its clients send, whose time is the server's work.
  var commands: [String] {
    switch activity {
    case .write(let method, _): method.commands
    case .read: ServerCounters.scriptCommands
    }
  }
}
