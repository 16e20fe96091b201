/// Kinds of faults in random order, like cards: before one comes again as often as it weighs, all
/// others have come.
struct FaultDeck: Sendable {
  private let kinds: [FaultKind]
  private var cards: [FaultKind] = []

  init(_ kinds: [FaultKind]) {
    self.kinds = kinds
  }

  /// The next kind; nil for a deck of none.
  mutating func deal(_ generator: inout SeededGenerator) -> FaultKind? {
    if cards.isEmpty {
      cards = kinds.flatMap { Array(repeating: $0, count: $0.weight) }
      cards.shuffle(using: &generator)
    }
    return cards.popLast()
  }
}
