import ArgumentParser

/// What every scenario takes.
struct CommonOptions: ParsableArguments {
  @Option(
    name: .customLong("store"),
    help: ArgumentHelp(
      "Measure on this server or store instead of a Redis server of its own.", valueName: "url"))
  var url: String?

  @Flag(name: .customLong("json"), help: "Print one JSON object a line.")
  var isJSON = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Seconds to measure each row, after a warm-up.", valueName: "n"))
  var seconds: Double?

  var place: Place { Place(givenURL: url) }

  func validate() throws {
    if let seconds, !(0.01...86_400).contains(seconds) {
      throw ValidationError("--seconds is a number from 0.01 to 86400, not \(seconds)")
    }
  }
}

extension ParsableArguments {
  /// Refuses values of an option that are out of its range, by name.
  func check<Value: Comparable>(
    _ option: String, _ values: [Value], _ range: ClosedRange<Value>
  ) throws {
    guard let wrong = values.first(where: { !range.contains($0) }) else { return }
    throw ValidationError(
      "\(option) takes \(range.lowerBound) to \(range.upperBound), not \(wrong)")
  }
}
