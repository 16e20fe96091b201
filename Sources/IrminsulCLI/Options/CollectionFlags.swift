import ArgumentParser
import Irminsul

/// How garbage is collected: the same for `gc` and `maintain`.
struct CollectionFlags: ParsableArguments {
  @Option(help: "Seconds that what was read or stored before stays at least.")
  var grace: Double = 60

  @Option(help: "Seconds that commits stay which a branch has left.")
  var reflog: Double = 86_400

  @Option(help: "The part of the time, up to 1, that it takes from the server.")
  var share: Double = 0.25

  var options: CollectionOptions {
    var options = CollectionOptions()
    options.grace = .seconds(grace)
    options.reflog = .seconds(reflog)
    options.share = share
    return options
  }

  func validate() throws {
    try Self.check(grace, "grace")
    try Self.check(reflog, "reflog")
    guard share > 0, share <= 1 else {
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
