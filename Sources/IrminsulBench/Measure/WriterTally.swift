/// What writers did in a measured time: added up over writers, and over processes.
struct WriterTally: Codable, Sendable {
  /// Commits that the store has acknowledged, or values that were read.
  var done = 0
  /// Calls that ended with an error.
  var failed = 0
  /// How often it was tried, by the method's own count.
  var attempts = 0
  /// Requests that were waited for, by the method's own count.
  var roundTrips = 0
  /// The time of each of them, all its attempts included.
  var latency = LatencyHistogram()
  /// The time until the last writer had ended, in seconds.
  var elapsed = 0.0
  /// Processor time of the writing processes, in seconds.
  var processorTime = 0.0
  /// Memory of the writing processes at the end.
  var residentBytes = 0
  /// What the first failure said.
  var firstFailure: String?

  /// When what is merged has happened.
  enum Moment {
    case meanwhile
    case after
  }

  mutating func merge(_ other: WriterTally, _ moment: Moment = .meanwhile) {
    done += other.done
    failed += other.failed
    attempts += other.attempts
    roundTrips += other.roundTrips
    latency.merge(other.latency)
    switch moment {
    case .meanwhile: elapsed = max(elapsed, other.elapsed)
    case .after: elapsed += other.elapsed
    }
    processorTime += other.processorTime
    residentBytes += other.residentBytes
    firstFailure = firstFailure ?? other.firstFailure
  }

  /// Commits, or values that were read.
  var perSecond: Double { Double(done) / max(elapsed, 1e-9) }

  mutating func fail(_ error: any Error) {
    failed += 1
    firstFailure = firstFailure ?? "\(error)"
  }
}
