/// The order of a merged list whose elements are known by keys.
///
/// One side leads: ours, unless only theirs has put what the base has into another order. What the other
/// side has added goes after the key that it follows there. So a side that has changed nothing changes
/// nothing, additions at an end stay at that end, and only where both sides have added at one place, or
/// both have reordered, does it show which is ours.
enum MergedOrder {
  /// Linear in the lengths. No list may have a key twice.
  ///
  /// - Parameter kept: Which keys are in the result; each is in ours or theirs.
  static func merge<Key: Hashable>(
    base: [Key], ours: [Key], theirs: [Key], keeping kept: Set<Key>
  ) -> [Key] {
    let everywhere = kept.intersection(base).intersection(ours).intersection(theirs)
    func common(_ list: [Key]) -> [Key] { list.filter(everywhere.contains) }
    let old = common(base)
    let theirsLeads = common(ours) == old && common(theirs) != old
    let (leader, follower) = theirsLeads ? (theirs, ours) : (ours, theirs)
    let order = leader.filter(kept.contains)
    let (known, others) = (Set(order), Set(follower))

    // What the follower has added at its start, and after each key that the leader has too.
    var atStart: [Key] = []
    var after: [Key: [Key]] = [:]
    var anchor: Key?
    for key in follower where kept.contains(key) {
      if known.contains(key) {
        anchor = key
      } else if let anchor {
        after[anchor, default: []].append(key)
      } else {
        atStart.append(key)
      }
    }

    var result: [Key] = []
    var waiting = atStart
    for key in order {
      // Behind what the leader itself has added at this place when the leader is ours, else before it.
      if theirsLeads || others.contains(key) {
        result += waiting
        waiting = []
      }
      result.append(key)
      waiting += after[key] ?? []
    }
    return result + waiting
  }
}
