import RedisScripting

extension ContentMerge {
  /// What a ``SharedLog`` and a ``SharedQueue`` keep, below their path: what both sides have added,
  /// each entry once, without what either side has taken. The entries of the base stay in their
  /// order, the new ones of both sides come after them in the order of their times. New entries go
  /// on in the chunk that was opened last.
  public static let entries = ContentMerge(name: "entries") {
    base, ours, theirs throws(MergeRefusal) in
    if let mine = try? ChunkPlace.Tail(decoding: ours),
      let other = try? ChunkPlace.Tail(decoding: theirs)
    {
      return mine.place < other.place ? theirs : ours
    }
    let old = try lines(base ?? [], "the base")
    let mine = try lines(ours, "ours")
    let other = try lines(theirs, "theirs")
    let (before, here, there) = (Set(old), Set(mine), Set(other))
    let kept = old.filter { here.contains($0) && there.contains($0) }
    let new = here.union(there).subtracting(before).sorted { one, two in
      one.stamp == two.stamp
        ? one.content.lexicographicallyPrecedes(two.content) : one.stamp < two.stamp
    }
    return (kept + new).flatMap { $0.encoded() }
  }.takingAbsenceForEmpty

  private static func lines(_ bytes: Bytes, _ side: String) throws(MergeRefusal) -> [ChunkLine] {
    do throws(NotLines) {
      return try ChunkLine.all(in: bytes)
    } catch {
      throw MergeRefusal("\(side) is no chunk of entries: \(error.reason)")
    }
  }
}
