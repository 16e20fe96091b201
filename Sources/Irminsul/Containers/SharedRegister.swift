import RedisScripting

/// A value that the last writer sets, on every branch.
///
/// ```swift
/// let status = branch.register(at: "status", of: String.self)
/// try await status.write("open")
/// print(try await status.read() ?? "not set")
/// ```
///
/// On one branch the last write wins, always: its time is the writer's clock, or a millisecond
/// after the time of what it replaces if that is later (a hybrid logical clock, kept by the
/// server). So a write that knows of another has the later time, whatever the clocks of their
/// hosts; of two branches the one with the later time wins, and at the same time the value whose
/// bytes are greater. The blob is a ``Register``.
///
/// Source: irmin-containers' `Lww_register`, whose times are since the start of the machine.
public struct SharedRegister<Value: Contents>: Container {
  public let branch: Branch
  public let path: Path

  public var mergeRules: [(pattern: PathPattern, merge: ContentMerge)] {
    [(PathPattern(exactly: path), .register)]
  }

  /// The value; nil when nothing was written. One round trip.
  ///
  /// - Throws: ``StoreError/undecodable(_:at:type:reason:)``.
  public func read() async throws -> Value? {
    guard let register = try await branch.find(path, as: Register.self) else { return nil }
    return try Value(register.bytes, at: path, in: nil)
  }

  /// When the value was written, in milliseconds since 1970; nil when nothing was. One round trip.
  public func milliseconds() async throws -> Int64? {
    try await branch.find(path, as: Register.self)?.milliseconds
  }

  /// Sets the value. One round trip.
  ///
  /// - Parameters:
  ///   - value: What it is to hold.
  ///   - info: Of the commit; nil: says what is done.
  ///   - milliseconds: The writer's time, since 1970; nil: now by this machine's clock.
  /// - Throws: ``StoreError/conflict(branch:_:)`` when something else is at the path;
  ///   ``StoreError/unencodable(type:reason:)``.
  @discardableResult
  public func write(
    _ value: Value, milliseconds: Int64? = nil, _ info: Info? = nil
  ) async throws -> WriteResult {
    try await branch.commit(
      [edit(writing: value, milliseconds: milliseconds)], self.info(info, "Write"))
  }

  /// A write as an edit, for a commit that does more:
  /// ``Branch/commit(_:_:parents:emptyCommit:token:)``.
  ///
  /// - Throws: ``StoreError/unencodable(type:reason:)``.
  public func edit(writing value: Value, milliseconds: Int64? = nil) throws -> BranchEdit {
    try .stamp(path, to: value, milliseconds: milliseconds)
  }
}

extension Branch {
  /// The register at a path; it need not be there yet.
  public func register<Value: Contents>(
    at path: Path, of type: Value.Type = Value.self
  ) -> SharedRegister<Value> {
    SharedRegister(branch: self, path: path)
  }
}
