import Foundation

/// How text looks: coloured on a terminal unless NO_COLOR is set.
struct Style {
  enum Colour: String {
    case yellow = "33"
    case blue = "1;34"
    case green = "32"
    case red = "31"
    case cyan = "36"
    case bold = "1"
    case faint = "2"
  }

  let isColoured: Bool
  /// Whether a person reads standard output.
  let isTerminal: Bool

  /// The style of standard output.
  static let output: Style = {
    let isTerminal = isatty(STDOUT_FILENO) == 1
    let environment = ProcessInfo.processInfo.environment
    let isPlain = environment["NO_COLOR"]?.isEmpty == false || environment["TERM"] == "dumb"
    return Style(isColoured: isTerminal && !isPlain, isTerminal: isTerminal)
  }()

  func callAsFunction(_ colour: Colour, _ text: String) -> String {
    isColoured ? "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m" : text
  }
}
