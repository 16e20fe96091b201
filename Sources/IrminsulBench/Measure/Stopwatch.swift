import Foundation

/// Takes the time of a round, on the clock and on the processors.
struct Stopwatch {
  let start = ContinuousClock.now
  private let processorTimeBefore = Self.processorTime

  /// Adds what has passed to a tally.
  func stop(_ tally: inout WriterTally) {
    tally.elapsed += (ContinuousClock.now - start).seconds
    tally.processorTime += Self.processorTime - processorTimeBefore
  }

  /// Seconds that this process was on a processor so far, in user and system mode.
  static var processorTime: Double {
    var usage = rusage()
    #if canImport(Glibc)
      getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    #else
      getrusage(RUSAGE_SELF, &usage)
    #endif
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return seconds(usage.ru_utime) + seconds(usage.ru_stime)
  }
}
