/// What collecting beside a run has come to.
struct CollectionOutcome: Codable, Sendable, Equatable {
  /// How many of the newest commits of each branch were to stay.
  var retention: Int
  /// Collections that ended, the last one among them, which is made when the writers have ended.
  var collections = 0
  /// Objects that they have removed.
  var removed: Int64 = 0
  /// How often histories were cut.
  var cuts = 0
  /// Objects that the last one has left.
  var kept: Int64 = 0
  /// What collecting processes have met that faults explain.
  var outages = 0

  init(retention: Int) {
    self.retention = retention
  }

  mutating func add(_ events: [CollectorEvent]) {
    for report in events.reports {
      collections += 1
      removed += report.removed
      cuts += report.cut
      kept = report.kept
    }
    outages += events.count {
      if case .failed(_, isOutage: true) = $0 { true } else { false }
    }
  }
}
