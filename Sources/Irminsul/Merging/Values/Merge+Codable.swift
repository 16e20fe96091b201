import Foundation
import RedisScripting

extension Merge where Value: Codable {
  /// A Codable value member by member, through all levels, by its JSON form: see
  /// ``json(arrays:members:)``. What both sides have changed must agree, unless `members` says how it is
  /// merged. A result that the type does not accept is refused.
  ///
  /// ```swift
  /// struct Job: Codable { var title: String; var runs: Int; var tags: Set<String> }
  /// let jobs = Merge<Job>.codable(arrays: .sets, members: ["/runs": .number])
  /// ```
  ///
  /// - Parameters:
  ///   - arrays: How arrays are merged that both sides have changed.
  ///   - members: Merges of members by JSON pointers, in which `*` stands for any name.
  public static func codable(
    arrays: JSONArrays = .whole, members: [String: Merge<JSON>] = [:]
  ) -> Merge {
    Merge { base, ours, theirs throws(MergeRefusal) in
      func text(_ value: Value) throws(MergeRefusal) -> JSONText {
        do {
          return try JSONText(parsing: Bytes(try JSONEncoder().encode(value)))
        } catch {
          throw MergeRefusal("a \(Value.self) has no JSON form: \(error)")
        }
      }
      var old: JSONText?
      if let base { old = try text(base) }
      let (mine, other) = (try text(ours), try text(theirs))
      var merger = JSONMerger(arrays: arrays, members: members)
      let merged = try merger.merge(base: old, ours: mine, theirs: other)
      do {
        return try JSONDecoder().decode(Value.self, from: Data(merged.encoded))
      } catch {
        throw MergeRefusal("merged member by member it is no \(Value.self): \(error)")
      }
    }
  }
}
