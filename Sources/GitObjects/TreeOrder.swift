/// Git's order of tree entries: by bytes, a tree's name as if it ended with "/".
///
/// Source: `base_name_compare` in Git's read-cache.c.
enum TreeOrder {
  /// Negative, zero or positive, as the left entry comes before, at or after the right one.
  static func compare(
    _ left: UnsafeBufferPointer<UInt8>, isTree leftIsTree: Bool,
    _ right: UnsafeBufferPointer<UInt8>, isTree rightIsTree: Bool
  ) -> Int {
    let common = min(left.count, right.count)
    var place = 0
    while place < common {
      let difference = Int(left[place]) &- Int(right[place])
      if difference != 0 { return difference }
      place &+= 1
    }
    return end(left, at: common, isTree: leftIsTree)
      &- end(right, at: common, isTree: rightIsTree)
  }

  @inline(__always)
  private static func end(
    _ name: UnsafeBufferPointer<UInt8>, at place: Int, isTree: Bool
  ) -> Int {
    if place < name.count { return Int(name[place]) }
    return isTree ? Int(UInt8(ascii: "/")) : 0
  }

  static func compare(_ left: TreeEntry, _ right: TreeEntry) -> Int {
    compare(left.name, isTree: left.mode.isTree, right.name, isTree: right.mode.isTree)
  }

  static func compare(
    _ left: [UInt8], isTree leftIsTree: Bool, _ right: [UInt8], isTree rightIsTree: Bool
  ) -> Int {
    left.withUnsafeBufferPointer { left in
      right.withUnsafeBufferPointer { right in
        compare(left, isTree: leftIsTree, right, isTree: rightIsTree)
      }
    }
  }

  /// Whether no entry comes before the one in front of it. O(n).
  static func isSorted(_ entries: [TreeEntry]) -> Bool {
    var place = 1
    while place < entries.count {
      if compare(entries[place - 1], entries[place]) > 0 { return false }
      place += 1
    }
    return true
  }

  /// Where an entry stands, or should be inserted, among sorted ones. O(log n).
  static func search(
    _ entries: [TreeEntry], for name: [UInt8], isTree: Bool
  ) -> (place: Int, isFound: Bool) {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = low + (high - low) / 2
      let order = compare(
        entries[middle].name, isTree: entries[middle].mode.isTree, name, isTree: isTree)
      if order < 0 {
        low = middle + 1
      } else {
        high = middle
      }
    }
    let isFound =
      low < entries.count && entries[low].mode.isTree == isTree && entries[low].name == name
    return (low, isFound)
  }
}
