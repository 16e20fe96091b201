import GitObjects

extension Repository {
  static let tagPrefix = "refs/tags/"

  private static func tagRef(_ name: String) throws(StoreError) -> String {
    let ref = tagPrefix + name
    if let problem = RefName.problem(ref) {
      throw .badTagName(name, reason: "it \(problem)")
    }
    return ref
  }

  /// The tags by name, with what each holds: a commit, or a tag object (``tag(_:)``). One round trip for each
  /// thousand.
  public func tags() async throws -> [String: ObjectID] {
    let refs = try await engine.refs(prefix: Self.tagPrefix)
    return Dictionary(
      refs.map { (String($0.key.dropFirst(Self.tagPrefix.count)), $0.value) }
    ) { first, _ in first }
  }

  /// Names a commit, or any other object.
  ///
  /// ```swift
  /// try await repository.tag("v1", at: head)
  /// ```
  ///
  /// - Parameters:
  ///   - name: Without `refs/tags/`.
  ///   - object: What it stands for.
  ///   - isReplacing: Whether a tag of that name is moved.
  /// - Throws: ``StoreError/tagExists(_:)``, ``StoreError/badTagName(_:reason:)``,
  ///   ``StoreError/missingObject(_:in:)``.
  ///
  /// Source: `git tag`.
  public func tag(
    _ name: String, at object: ObjectID, isReplacing: Bool = false
  ) async throws {
    let ref = try Self.tagRef(name)
    let reply = try await engine.setRefs([
      RefChange(name: ref, test: isReplacing ? .any : .exactly(nil), set: object)
    ])
    if case .moved = reply { throw StoreError.tagExists(name) }
  }

  /// Names a commit, or any other object, with a message and who says so: makes a tag object.
  ///
  /// - Returns: The id of the tag object.
  ///
  /// Source: `git tag -a`.
  @discardableResult
  public func tag(
    _ name: String, at object: ObjectID, _ info: Info, isReplacing: Bool = false
  ) async throws -> ObjectID {
    try await Lease.with(self) { [self] in
      let ref = try Self.tagRef(name)
      guard let kind = try await engine.kinds(of: [object])[0] else {
        throw StoreError.missingObject(object, in: location)
      }
      if !isReplacing, try await target(of: ref) != nil { throw StoreError.tagExists(name) }
      let request = request(ref: ref, info)
      try request.checkInfo()
      let tag = TagObject(
        object: object, kind: kind, name: name, tagger: request.author, message: request.message)
      let framed = IdentifiedObject(tag.framed, algorithm)
      try await objects.write([framed])
      try await self.tag(name, at: framed.id, isReplacing: isReplacing)
      return framed.id
    }
  }

  /// The tag object of a tag with a message; nil for one that just names a commit.
  ///
  /// - Throws: ``StoreError/noSuchTag(_:)``.
  public func tag(_ name: String) async throws -> TagObject? {
    guard let id = try await target(of: try Self.tagRef(name)) else {
      throw StoreError.noSuchTag(name)
    }
    let object = try await objects.read(id)
    guard object.kind == .tag else { return nil }
    do {
      return try TagObject(object, algorithm: algorithm)
    } catch {
      throw StoreError.damagedObject(id, in: location, reason: "\(error)")
    }
  }

  /// Removes a tag; what it named stays.
  ///
  /// - Returns: What it held.
  /// - Throws: ``StoreError/noSuchTag(_:)``.
  @discardableResult
  public func deleteTag(_ name: String) async throws -> ObjectID {
    let ref = Self.tagPrefix + name
    while let held = try await target(of: ref) {
      let reply = try await engine.setRefs([RefChange(name: ref, test: .exactly(held), set: nil)])
      if case .moved = reply { continue }
      return held
    }
    // One with a bad name, from elsewhere, can be removed.
    _ = try Self.tagRef(name)
    throw StoreError.noSuchTag(name)
  }
}
