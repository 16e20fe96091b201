import GitObjects

/// A commit: its id and the object that hashes to it. Two commits are equal when their ids are.
public struct Commit: Sendable, Hashable, CustomStringConvertible {
  public let id: ObjectID
  /// The commit as Git keeps it, with every header.
  public let object: CommitObject

  init(id: ObjectID, object: CommitObject) {
    self.id = id
    self.object = object
  }

  /// Reads a commit from its bytes.
  init(id: ObjectID, framed: FramedObject, in location: String) throws(StoreError) {
    guard framed.kind == .commit else { throw .notACommit(id) }
    do {
      self.init(id: id, object: try CommitObject(parsing: framed.content, algorithm: id.algorithm))
    } catch {
      throw .damagedObject(id, in: location, reason: "\(error)")
    }
  }

  /// The id of the root tree.
  public var tree: ObjectID { object.tree }
  /// The ids of the parents, in order.
  public var parents: [ObjectID] { object.parents }
  /// nil in a damaged commit, as some old tools wrote.
  public var author: Identity? { object.author }
  public var committer: Identity? { object.committer }
  /// The message; bytes that are not UTF-8 show as U+FFFD.
  public var message: String { object.messageText }
  /// The message as it is.
  public var messageBytes: Bytes { object.message }
  /// The first line of the message.
  public var subject: String {
    object.subject
  }

  public var description: String { "\(id.hex.prefix(10)) \(subject)" }

  public static func == (left: Commit, right: Commit) -> Bool { left.id == right.id }
  public func hash(into hasher: inout Hasher) { hasher.combine(id) }
}
