import GitObjects
import RedisScripting

/// A place in a ``SharedLog`` as it was at one moment: what was added since does not move it. It
/// can be kept as text and gone on with later, for as long as the commit of that moment is in the
/// store.
public struct LogCursor: Sendable, Hashable, LosslessStringConvertible {
  /// The log's directory at that moment.
  let tree: ObjectID
  let place: ChunkPlace
  /// How many entries of the chunk, from its start, are still to come.
  let left: Int

  init(tree: ObjectID, place: ChunkPlace, left: Int) {
    self.tree = tree
    self.place = place
    self.left = left
  }

  public var description: String {
    let folder = String(decoding: place.folder, as: UTF8.self)
    return "\(tree.hex)/\(folder)/\(String(decoding: place.name, as: UTF8.self))/\(left)"
  }

  /// nil for what is no description of a cursor.
  public init?(_ description: String) {
    let parts = description.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 4, let tree = ObjectID(hex: String(parts[0])),
      ChunkPlace.isName(Bytes(parts[1].utf8)), ChunkPlace.isName(Bytes(parts[2].utf8)),
      let left = Int(parts[3]), left > 0
    else { return nil }
    self.init(
      tree: tree,
      place: ChunkPlace(folder: Bytes(parts[1].utf8), name: Bytes(parts[2].utf8)), left: left)
  }
}
