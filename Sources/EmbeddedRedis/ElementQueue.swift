/// An array that grows and shrinks at both ends in O(1), amortized.
struct ElementQueue<Element> {
  /// Elements before the middle, in reverse; and those after it. Removed ones leave a gap at the
  /// start that is closed when it is half of the array.
  private var front: [Element] = []
  private var back: [Element] = []
  private var frontStart = 0
  private var backStart = 0

  var count: Int { front.count - frontStart + back.count - backStart }

  subscript(index: Int) -> Element {
    get {
      let inFront = front.count - frontStart
      return index < inFront
        ? front[front.count - 1 - index] : back[backStart + index - inFront]
    }
    set {
      let inFront = front.count - frontStart
      if index < inFront {
        front[front.count - 1 - index] = newValue
      } else {
        back[backStart + index - inFront] = newValue
      }
    }
  }

  mutating func append(_ element: Element) { back.append(element) }

  mutating func prepend(_ element: Element) { front.append(element) }

  mutating func popFirst() -> Element? {
    if front.count > frontStart {
      let element = front.removeLast()
      if front.count == frontStart { resetFront() }
      return element
    }
    guard back.count > backStart else { return nil }
    let element = back[backStart]
    removeFirstOfBack(1)
    return element
  }

  mutating func popLast() -> Element? {
    if back.count > backStart {
      let element = back.removeLast()
      if back.count == backStart { resetBack() }
      return element
    }
    guard front.count > frontStart else { return nil }
    let element = front[frontStart]
    frontStart += 1
    if frontStart > 32, frontStart > front.count / 2 {
      front.removeFirst(frontStart)
      frontStart = 0
    }
    if front.count == frontStart { resetFront() }
    return element
  }

  mutating func removeFirst(_ count: Int) {
    let fromFront = min(count, front.count - frontStart)
    front.removeLast(fromFront)
    removeFirstOfBack(min(count - fromFront, back.count - backStart))
  }

  /// O(n).
  mutating func remove(at index: Int) {
    let inFront = front.count - frontStart
    if index < inFront {
      front.remove(at: front.count - 1 - index)
    } else {
      back.remove(at: backStart + index - inFront)
    }
  }

  private mutating func removeFirstOfBack(_ count: Int) {
    backStart += count
    if backStart > 32, backStart > back.count / 2 {
      back.removeFirst(backStart)
      backStart = 0
    }
    if back.count == backStart { resetBack() }
  }

  private mutating func resetFront() {
    front.removeAll(keepingCapacity: front.count < 1024)
    frontStart = 0
  }

  private mutating func resetBack() {
    back.removeAll(keepingCapacity: back.count < 1024)
    backStart = 0
  }
}

extension ElementQueue {
  /// The first index whose element does not satisfy `isBefore`, where those that do come first.
  func partitionPoint(_ isBefore: (Element) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if isBefore(self[middle]) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
