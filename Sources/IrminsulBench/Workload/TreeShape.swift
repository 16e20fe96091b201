import ArgumentParser
import Irminsul

/// The tree that writers find: `10x10x10` has three levels of ten entries each, 1,000 leaves.
struct TreeShape: Equatable, Sendable {
  /// Entries of each level's directories, from the root down.
  let widths: [Int]

  static let usual = TreeShape(widths: [10, 10, 10])

  var leafCount: Int { widths.reduce(1, *) }

  /// The path of a leaf, such as `a0/b6/c3` for the 63rd.
  func leaf(_ number: Int) -> [String] {
    var rest = number
    var steps: [String] = []
    for (level, width) in widths.enumerated().reversed() {
      steps.append(Self.name(level, rest % width))
      rest /= width
    }
    return steps.reversed()
  }

  /// The path of the counter that the hot layout increments: beside the first leaves.
  var counter: [String] { leaf(0).dropLast() + ["counter"] }

  /// The name of an entry. Letters keep it sorted by level, not by number, as Git does.
  static func name(_ level: Int, _ number: Int) -> String {
    let letters = Array("abcdefghij")
    return "\(letters[min(level, letters.count - 1)])\(number)"
  }
}

extension TreeShape: ExpressibleByArgument {
  init?(argument: String) {
    let widths = argument.split(separator: "x").compactMap { Int($0) }
    let areSound = widths.allSatisfy { (1...10_000).contains($0) }
    guard !widths.isEmpty, widths.count <= 4, areSound, widths.reduce(1, *) <= 1_000_000
    else { return nil }
    self.widths = widths
    guard description == argument else { return nil }
  }
}

extension TreeShape: CustomStringConvertible {
  var description: String { widths.map { "\($0)" }.joined(separator: "x") }
}

extension TreeShape: Codable {
  init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let shape = TreeShape(argument: text) else {
      throw BenchError("\(text) is no shape of a tree")
    }
    self = shape
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
