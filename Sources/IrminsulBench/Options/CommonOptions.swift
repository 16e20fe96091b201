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

  @Option(help: ArgumentHelp("Seconds to measure each row, after a warm-up.", valueName: "n"))
  var seconds: Double?

  var place: Place { Place(givenURL: url) }

  func validate() throws {
    if let seconds, !(0.01...86_400).contains(seconds) {
      throw ValidationError("--seconds is a number from 0.01 on")
    }
  }
}
