import Foundation
import Testing

@testable import IrminsulBench

@Suite struct LatencyHistogramTests {
  /// Durations over nine powers of ten, the same in every run.
  private func durations(_ count: Int) -> [Duration] {
    var state: UInt64 = 42
    return (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let share = Double(state >> 11) / Double(1 << 53)
      return .nanoseconds(Int64(pow(10, share * 9)))
    }
  }

  @Test(arguments: [0, 0.01, 0.5, 0.9, 0.99, 0.999, 1])
  func percentilesAreThoseOfASortedArray(_ share: Double) {
    let all = durations(20_000)
    var histogram = LatencyHistogram()
    for duration in all { histogram.record(duration) }
    let sorted = all.sorted()
    let exact = sorted[max(0, Int((Double(all.count) * share).rounded(.up)) - 1)]
    let found = histogram.percentile(share)
    #expect(found >= exact)
    #expect(found.nanoseconds <= exact.nanoseconds + exact.nanoseconds / 60 + 1)
    #expect(histogram.count == all.count)
    #expect(histogram.maximum == sorted.last)
  }

  @Test func partsMergeToTheWhole() throws {
    let all = durations(3000)
    var whole = LatencyHistogram()
    var parts = [LatencyHistogram(), LatencyHistogram(), LatencyHistogram()]
    for (at, duration) in all.enumerated() {
      whole.record(duration)
      parts[at % 3].record(duration)
    }
    var merged = LatencyHistogram()
    for part in parts {
      // As it comes from another process.
      let line = try JSONLine.text(part)
      merged.merge(try JSONDecoder().decode(LatencyHistogram.self, from: Data(line.utf8)))
    }
    #expect(merged == whole)
  }

  @Test func extremesAreCounted() {
    var histogram = LatencyHistogram()
    #expect(histogram.percentile(0.5) == .zero)
    for duration in [Duration.zero, .nanoseconds(-5), .seconds(100_000)] {
      histogram.record(duration)
    }
    #expect(histogram.count == 3)
    #expect(histogram.percentile(0.5) == .zero)
    #expect(histogram.maximum == .seconds(100_000))
  }
}
