import GitObjects
import RedisScripting

/// Values by key, which everybody may set, on every branch.
///
/// ```swift
/// struct User: Codable, Contents, Equatable { var name: String; var logins: Int }
/// let users = branch.map(at: "users", of: User.self, .merged(.members(…)))
/// try await users.set(User(name: "Ada", logins: 0), for: "ada")
/// try await users.update("ada") { $0?.logins += 1 }
/// ```
///
/// A directory with an entry for each key, named after it. Writers of different keys never
/// conflict, nor do branches that have changed different keys. What happens to a key that two
/// branches have changed is the map's ``Policy``; a value that one branch has changed and the other
/// removed is a conflict always.
///
/// Costs a round trip each, whatever the size in the layout ``DirectoryLayout/wide``; in the layout
/// ``DirectoryLayout/git`` each change writes the whole list of names anew, which is fine for a few
/// thousand.
public struct SharedMap<Value: Contents>: Container {
  /// What two branches that have both changed a value come to.
  public struct Policy: Sendable {
    let merge: ContentMerge?
    let isRegister: Bool

    /// Equal, or a conflict. The blobs are the values' own.
    public static var equal: Policy { Policy(merge: nil, isRegister: false) }

    /// The later write, by times as of a ``SharedRegister``; the blobs are ``Register``s.
    public static var lastWriter: Policy { Policy(merge: .register, isRegister: true) }
  }

  public let branch: Branch
  public let path: Path
  let policy: Policy

  public var mergeRules: [(pattern: PathPattern, merge: ContentMerge)] {
    policy.merge.map { [(PathPattern(below: path), $0)] } ?? []
  }

  /// The value of a key; nil when it has none. One round trip.
  ///
  /// - Throws: ``StoreError/undecodable(_:at:type:reason:)``;
  ///   ``StoreError/unencodable(type:reason:)`` for a key that takes more than 255 bytes, where a
  ///   byte that is no letter, digit, `-` or `_` takes three.
  public func value(for key: String) async throws -> Value? {
    let path = try path(of: key)
    return try await branch.find(path).map { try value(of: $0, at: path) }
  }

  /// How many keys there are. One round trip.
  public func count() async throws -> Int { try await branch.count(path) }

  /// The keys, in the order of the names of their entries. One round trip.
  public func keys() async throws -> [String] {
    try await branch.list(path).compactMap { Self.key(of: $0.name) }
  }

  /// Keys and values, some at a time, in the order of the names of their entries. A few round
  /// trips.
  ///
  /// - Parameters:
  ///   - key: The last one of the page before; nil: from the start.
  ///   - limit: How many at most.
  public func entries(
    after key: String? = nil, limit: Int = .max
  ) async throws -> [(key: String, value: Value)] {
    let range = ListRange(
      prefixBytes: [], afterBytes: try key.map { try EscapedName(Bytes($0.utf8)).bytes },
      limit: limit)
    var entries: [(key: String, value: Value)] = []
    let items = try await branch.list(path, range).filter { !$0.entry.mode.isTree }
    for start in stride(from: 0, to: items.count, by: 1000) {
      let batch = items[start..<min(items.count, start + 1000)]
      let blobs = try await branch.repository.objects.read(batch.map(\.entry.id))
      for (item, blob) in zip(batch, blobs) {
        guard let key = Self.key(of: item.name) else { continue }
        entries.append(
          (key, try value(of: Bytes(blob.content), at: path.appending(item.name))))
      }
    }
    return entries
  }

  /// Sets the value of a key, whatever it was. One round trip.
  ///
  /// - Throws: As ``value(for:)``.
  @discardableResult
  public func set(
    _ value: Value, for key: String, _ info: Info? = nil
  ) async throws -> WriteResult {
    try await commitInFolder([try edit(setting: value, for: key)], self.info(info, "Set in"))
  }

  /// Sets many values in one commit. One round trip.
  @discardableResult
  public func set(
    contentsOf values: some Sequence<(key: String, value: Value)>, _ info: Info? = nil
  ) async throws -> WriteResult {
    try await commitInFolder(
      try values.map { try edit(setting: $0.value, for: $0.key) }, self.info(info, "Set in"))
  }

  /// Removes a key. One round trip.
  @discardableResult
  public func removeValue(for key: String, _ info: Info? = nil) async throws -> WriteResult {
    try await commitInFolder([try edit(removing: key)], self.info(info, "Remove from"))
  }

  /// Changes the value of a key as if nobody else did meanwhile; nil is no value. The closure runs
  /// again when somebody did. Two round trips or more.
  ///
  /// - Parameters:
  ///   - key: Of the map.
  ///   - info: Of the commit; nil: says what is done.
  ///   - deadline: For how long it runs again.
  ///   - change: Gets the value, and gives the new one.
  /// - Throws: What the closure throws; ``StoreError/tooManyAttempts(branch:attempts:)``.
  @discardableResult
  public func update(
    _ key: String, _ info: Info? = nil, deadline: Duration = .seconds(30),
    _ change: (inout Value?) throws -> Void
  ) async throws -> WriteResult {
    let path = try path(of: key)
    return try await branch.again(until: deadline) {
      let found = try await branch.locate(path, .bytes)
      let content = found?.entry.mode.isTree == true ? nil : found?.object
      var value = try content.map { try self.value(of: Bytes($0.content), at: path) }
      try change(&value)
      let edit: BranchEdit = if let value { try self.edit(value, at: path) } else { .remove(path) }
      return try await commitInFolder([edit.expecting(found?.entry)], self.info(info, "Update in"))
    }
  }

  /// A change as an edit, for a commit that does more:
  /// ``Branch/commit(_:_:parents:emptyCommit:token:)``. A value in the map's place is replaced.
  ///
  /// - Throws: As ``value(for:)``.
  public func edit(setting value: Value, for key: String) throws -> BranchEdit {
    try edit(value, at: try path(of: key))
  }

  /// A removal as an edit. As ``edit(setting:for:)``.
  public func edit(removing key: String) throws -> BranchEdit { .remove(try path(of: key)) }

  private func path(of key: String) throws(StoreError) -> Path {
    path.appending(try EscapedName(Bytes(key.utf8)).bytes)
  }

  private static func key(of name: Bytes) -> String? {
    EscapedName.content(of: name).flatMap { String(validating: $0, as: UTF8.self) }
  }

  private func edit(_ value: Value, at path: Path) throws -> BranchEdit {
    policy.isRegister ? try .stamp(path, to: value) : try .set(path, value)
  }

  private func value(of bytes: Bytes, at path: Path) throws(StoreError) -> Value {
    guard policy.isRegister else { return try Value(bytes, at: path, in: nil) }
    return try Value(try Register(bytes, at: path, in: nil).bytes, at: path, in: nil)
  }
}

extension SharedMap.Policy where Value: Equatable {
  /// What a merge of values makes of them. The blobs are the values' own.
  public static func merged(_ merge: Merge<Value>) -> Self {
    Self(merge: ContentMerge(Value.self, merge), isRegister: false)
  }
}

extension Branch {
  /// The map at a path; it need not be there yet.
  public func map<Value: Contents>(
    at path: Path, of type: Value.Type = Value.self, _ policy: SharedMap<Value>.Policy = .equal
  ) -> SharedMap<Value> {
    SharedMap(branch: self, path: path, policy: policy)
  }
}
