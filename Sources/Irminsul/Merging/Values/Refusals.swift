/// What the parts of a value refuse, gathered so that a person sees all of it at once.
struct Refusals {
  private var reasons: [String] = []

  /// The merge of one part; nil, and noted under the part's name, when it refuses.
  mutating func gather<Part>(
    _ name: String, _ merge: () throws(MergeRefusal) -> Part
  ) -> Part? {
    do throws(MergeRefusal) {
      return try merge()
    } catch {
      reasons.append("\(name): \(error.reason)")
      return nil
    }
  }

  /// - Throws: One refusal with all reasons, in an order that the parts' own does not change.
  func check() throws(MergeRefusal) {
    if !reasons.isEmpty { throw MergeRefusal(reasons.sorted().joined(separator: "; ")) }
  }
}
