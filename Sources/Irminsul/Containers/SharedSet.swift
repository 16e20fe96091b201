import GitObjects
import RedisScripting

/// A set that everybody may add to and take from, on every branch.
///
/// ```swift
/// let online = branch.set(at: "online", of: String.self)
/// try await online.insert("ada")
/// try await online.remove("bob")
/// if try await online.contains("ada") { … }
/// ```
///
/// A directory with an entry for each member, named after it, or after its hash if it is long.
/// Writers never conflict, and a merge of trees is a merge of sets: what either side has added is
/// there, what either side has taken is not. A member that one side has taken and the other has
/// kept, or added once more, is gone. No merge rule is needed.
///
/// Costs a round trip each, whatever the size in the layout ``DirectoryLayout/wide``; in the layout
/// ``DirectoryLayout/git`` each change writes the whole list of names anew, which is fine for a few
/// thousand.
public struct SharedSet<Element: Contents & Hashable>: Container {
  public let branch: Branch
  public let path: Path

  public var mergeRules: [(pattern: PathPattern, merge: ContentMerge)] { [] }

  /// Whether an element is a member. One round trip.
  public func contains(_ element: Element) async throws -> Bool {
    try await branch.entry(try place(of: element).path) != nil
  }

  /// How many members there are. One round trip.
  public func count() async throws -> Int { try await branch.count(path) }

  /// All members, in no order. A round trip for the names and one for each thousand members.
  ///
  /// - Throws: ``StoreError/undecodable(_:at:type:reason:)``.
  public func members() async throws -> Set<Element> {
    var members: Set<Element> = []
    let items = try await branch.list(path).filter { !$0.entry.mode.isTree }
    for start in stride(from: 0, to: items.count, by: 1000) {
      let batch = items[start..<min(items.count, start + 1000)]
      let blobs = try await branch.repository.objects.read(batch.map(\.entry.id))
      for (item, blob) in zip(batch, blobs) {
        members.insert(
          try Element(Bytes(blob.content), at: path.appending(item.name), in: nil))
      }
    }
    return members
  }

  /// Adds elements. One commit, none when they are members already. One round trip.
  ///
  /// - Throws: ``StoreError/unencodable(type:reason:)``.
  @discardableResult
  public func insert(_ elements: Element..., info: Info? = nil) async throws -> WriteResult {
    try await insert(contentsOf: elements, info)
  }

  /// As ``insert(_:info:)``.
  @discardableResult
  public func insert(
    contentsOf elements: some Sequence<Element>, _ info: Info? = nil
  ) async throws -> WriteResult {
    try await branch.commit(
      try elements.map { try edit(inserting: $0) }, self.info(info, "Insert into"))
  }

  /// Takes elements away. One commit, none when they are no members. One round trip.
  @discardableResult
  public func remove(_ elements: Element..., info: Info? = nil) async throws -> WriteResult {
    try await branch.commit(
      try elements.map { try edit(removing: $0) }, self.info(info, "Remove from"))
  }

  /// An addition as an edit, for a commit that does more:
  /// ``Branch/commit(_:_:parents:emptyCommit:token:)``.
  ///
  /// - Throws: ``StoreError/unencodable(type:reason:)``.
  public func edit(inserting element: Element) throws -> BranchEdit {
    let place = try place(of: element)
    return BranchEdit(path: place.path, action: .blob(.blob, place.blob))
  }

  /// A removal as an edit. As ``edit(inserting:)``.
  public func edit(removing element: Element) throws -> BranchEdit {
    .remove(try place(of: element).path)
  }

  private func place(of element: Element) throws(StoreError) -> (path: Path, blob: FramedObject) {
    let blob = try element.framed()
    // The hash has a `%` before what is no digit: no escaped name has that.
    let name =
      (try? EscapedName(Bytes(blob.content)).bytes)
      ?? Bytes("%-\(blob.id(branch.engine.algorithm))".utf8)
    return (path.appending(name), blob)
  }
}

extension Branch {
  /// The set at a path; it need not be there yet.
  public func set<Element: Contents & Hashable>(
    at path: Path, of type: Element.Type = Element.self
  ) -> SharedSet<Element> {
    SharedSet(branch: self, path: path)
  }
}
