import ArgumentParser

/// How facts are printed.
struct OutputOptions: ParsableArguments {
  @Flag(name: .customLong("json"), help: "Print one JSON object a line.")
  var isJSON = false
}
