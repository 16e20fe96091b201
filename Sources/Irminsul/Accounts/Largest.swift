/// The largest of many, the largest first; of those that are equal the first that came.
struct Largest<Item> {
  private let limit: Int
  private var sizes: [Int] = []
  private(set) var items: [Item] = []

  init(_ limit: Int) {
    self.limit = max(0, limit)
  }

  /// O(limit) for what is among them.
  ///
  /// - Parameter isSame: Whether one that is there is another size of the same; the larger of the two stays.
  mutating func offer(
    _ size: Int, _ item: @autoclosure () -> Item, isSame: (Item) -> Bool = { _ in false }
  ) {
    if sizes.count >= limit, size <= sizes.last ?? .max { return }
    if let at = items.firstIndex(where: isSame) {
      if sizes[at] >= size { return }
      sizes.remove(at: at)
      items.remove(at: at)
    }
    let place = sizes.firstIndex { $0 < size } ?? sizes.count
    sizes.insert(size, at: place)
    items.insert(item(), at: place)
    if sizes.count > limit {
      sizes.removeLast()
      items.removeLast()
    }
  }
}
