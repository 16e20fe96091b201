import RedisScripting

/// The actions of the containers, which the server applies to what is there when the commit is
/// made.
extension BranchEdit {
  /// Adds to a tally, and marks it anew.
  package static func tally(
    _ path: Path, by amount: Int64, mark: String = Tally.newMark()
  ) -> BranchEdit {
    BranchEdit(path: path, action: .value(.tally(amount, mark: mark)))
  }

  /// Sets a register whatever is there, with a time after that.
  package static func stamp(
    _ path: Path, to value: some Contents, milliseconds: Int64? = nil
  ) throws -> BranchEdit {
    let register = try Register(value, milliseconds: milliseconds ?? Timestamp.milliseconds)
    return BranchEdit(
      path: path, action: .value(.stamp(milliseconds: register.milliseconds, register.bytes)))
  }

  /// Adds lines to a chunk that has fewer bytes than a limit.
  ///
  /// - Parameter lines: Each with its end, none empty, without NULs.
  package static func extend(_ path: Path, limit: Int, by lines: Bytes) -> BranchEdit {
    BranchEdit(path: path, action: .value(.extend(limit: limit, lines)))
  }

  /// Takes lines from the start of a chunk.
  package static func shift(_ path: Path, by count: Int) -> BranchEdit {
    BranchEdit(path: path, action: .value(.shift(count)))
  }
}
