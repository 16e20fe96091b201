import Irminsul

/// What a process that collects garbage is to do until its input ends.
struct CollectorPlan: Codable, Sendable {
  enum Activity: String, Codable {
    /// Whenever it is worth it, as `irminsul maintain` does.
    case maintain
    /// Again and again, whatever fails.
    case again
    case once
  }

  var activity: Activity
  /// The store as the process reaches it, with its name.
  var url: String
  /// Seconds that pass at least before anything is removed.
  var grace: Double
  /// Seconds for which commits stay that a branch has left.
  var reflog: Double
  /// The part of the time that steps take.
  var share: Double
  /// Seconds between two looks whether it is worth it.
  var interval = 1.0
  /// Whether its scripts note the processor's time that they take.
  var isClocked = false

  var options: CollectionOptions {
    var options = CollectionOptions()
    options.grace = .seconds(grace)
    options.reflog = .seconds(reflog)
    options.share = share
    return options
  }
}
