import ArgumentParser
import Irminsul

/// How garbage is collected: the same for `gc` and `maintain`.
struct CollectionFlags: ParsableArguments {
  @Option(
    help:
      "Seconds that what was read or stored before stays at least; an upload that is under way is waited for beside, one that was killed for a minute."
  )
  var grace: Double = 60

  @Option(help: "Seconds that commits stay which a branch has left.")
  var reflog: Double = 86_400

  @Option(
    help: "The part of the server's time, up to 1, that it takes; usual: 0.25, of maintain 0.1.")
  var share: Double?

  /// - Parameter options: Those whose share is taken when there is no option.
  func options(_ usual: CollectionOptions = CollectionOptions()) -> CollectionOptions {
    var options = usual
    options.grace = .seconds(grace)
    options.reflog = .seconds(reflog)
    if let share { options.share = share }
    return options
  }

  func validate() throws {
    try Self.check(grace, "grace")
    try Self.check(reflog, "reflog")
    if let share, !(share > 0 && share <= 1) {
      throw ValidationError("--share takes a number above 0, up to 1.")
    }
  }

  /// Refuses what is no time; a duration has no room for all numbers.
  static func check(_ seconds: Double, _ name: String) throws {
    guard (0...1e9).contains(seconds) else {
      throw ValidationError("--\(name) takes a number of seconds, 0 or more.")
    }
  }
}
