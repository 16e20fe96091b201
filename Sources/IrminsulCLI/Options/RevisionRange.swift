import ArgumentParser
import Irminsul

/// Which part of the history a command looks at, as git's commands name it: `A` and what is before it, `^A` without
/// what is before A, `A..B` what B has and A has not, `A...B` what only one of them has.
struct RevisionRange {
  private(set) var starts: [ObjectID] = []
  private(set) var excluded: [ObjectID] = []
  /// The two ends of A...B.
  private(set) var sides: (left: ObjectID, right: ObjectID)?

  /// - Parameters:
  ///   - not: Revisions that are left out with what is before them.
  ///   - hint: A line that says what else a revision that is not there may have meant.
  init(
    _ words: [String], not: [String] = [], in repository: Repository,
    hint: (String) -> String? = { _ in nil }
  ) async throws {
    func commit(_ word: some StringProtocol) async throws -> ObjectID {
      let name = word.isEmpty ? "HEAD" : ArgumentText.shown(String(word))
      do {
        return try await repository.resolveCommit(name).id
      } catch let error as StoreError {
        guard case .noSuchObject = error, let hint = hint(name) else { throw error }
        throw Failure(.refused, "\(error)\n\(hint)")
      }
    }
    for word in words {
      if let dots = word.range(of: "...") {
        let left = try await commit(word[..<dots.lowerBound])
        let right = try await commit(word[dots.upperBound...])
        starts += [left, right]
        excluded += try await repository.mergeBases(left, merged: [right])
        sides = (left, right)
      } else if let dots = word.range(of: "..") {
        excluded.append(try await commit(word[..<dots.lowerBound]))
        starts.append(try await commit(word[dots.upperBound...]))
      } else if word.hasPrefix("^"), word.count > 1 {
        excluded.append(try await commit(word.dropFirst()))
      } else {
        starts.append(try await commit(word))
      }
    }
    for word in not { excluded.append(try await commit(word)) }
  }

  /// As the words say it, and from all refs.
  init(
    ofAll words: [String], not: [String] = [], in repository: Repository,
    hint: (String) -> String? = { _ in nil }
  ) async throws {
    try await self.init(words, not: not, in: repository, hint: hint)
    starts += try await repository.tips()
  }

  /// As the words say it; from a branch's head where they name no start.
  init(
    _ words: [String], not: [String] = [], from branch: BranchOption, in repository: Repository,
    hint: (String) -> String? = { _ in nil }
  ) async throws {
    try await self.init(words, not: not, in: repository, hint: hint)
    if starts.isEmpty { starts = [try await branch.head(in: repository)] }
  }
}

extension BranchOption {
  /// The branch's head, which must be there.
  func head(in repository: Repository) async throws -> ObjectID {
    let branch = try await branch(of: repository)
    guard let head = try await branch.head() else { throw try await Self.absence(of: branch) }
    return head.id
  }
}
