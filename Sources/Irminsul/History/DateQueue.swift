/// Commits by date, newest first; the one that was met first when dates are equal.
struct DateQueue<Element> {
  private struct Item {
    let element: Element
    let date: Int64
    let number: Int

    func precedes(_ other: Item) -> Bool {
      date != other.date ? date > other.date : number < other.number
    }
  }

  private var heap: [Item] = []
  private var pushed = 0

  var isEmpty: Bool { heap.isEmpty }

  mutating func push(_ element: Element, date: Int64) {
    heap.append(Item(element: element, date: date, number: pushed))
    pushed += 1
    var at = heap.count - 1
    while at > 0, heap[at].precedes(heap[(at - 1) / 2]) {
      heap.swapAt(at, (at - 1) / 2)
      at = (at - 1) / 2
    }
  }

  mutating func pop() -> Element? {
    guard let first = heap.first else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      var at = 0
      while true {
        let left = 2 * at + 1
        guard left < heap.count else { break }
        let right = left + 1
        let child = right < heap.count && heap[right].precedes(heap[left]) ? right : left
        guard heap[child].precedes(heap[at]) else { break }
        heap.swapAt(at, child)
        at = child
      }
    }
    return first.element
  }
}
