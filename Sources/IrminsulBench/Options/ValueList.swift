import ArgumentParser

/// Values of an option, separated by commas: `--writers 1,16,64`.
struct ValueList<Element: ExpressibleByArgument & Sendable>: ExpressibleByArgument, Sendable {
  let values: [Element]

  init(_ values: [Element]) {
    self.values = values
  }

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    let values = parts.compactMap { Element(argument: String($0)) }
    guard !values.isEmpty, values.count == parts.count else { return nil }
    self.values = values
  }

  static var allValueStrings: [String] { Element.allValueStrings }

  var defaultValueDescription: String {
    values.map(\.defaultValueDescription).joined(separator: ",")
  }
}
