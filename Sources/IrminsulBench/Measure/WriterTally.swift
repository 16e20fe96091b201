/// What writers did in a measured time: added up over writers, and over processes.
struct WriterTally: Codable, Sendable {
  /// Commits that the store has acknowledged.
  var commits = 0
  /// Calls that ended with an error.
  var failed = 0
  /// How often a commit was tried, by the method's own count.
  var attempts = 0
  /// Requests that were waited for, by the method's own count.
  var roundTrips = 0
  /// The time of each acknowledged commit, all its attempts included.
  var latency = LatencyHistogram()
  /// The time until the last writer had ended, in seconds.
  var elapsed = 0.0
  /// Processor time of the writing processes, in seconds.
  var processorTime = 0.0
  /// What the first failure said.
  var firstFailure: String?

  mutating func merge(_ other: WriterTally) {
    commits += other.commits
    failed += other.failed
    attempts += other.attempts
    roundTrips += other.roundTrips
    latency.merge(other.latency)
    elapsed = max(elapsed, other.elapsed)
    processorTime += other.processorTime
    firstFailure = firstFailure ?? other.firstFailure
  }

  mutating func fail(_ error: any Error) {
    failed += 1
    firstFailure = firstFailure ?? "\(error)"
  }
}
