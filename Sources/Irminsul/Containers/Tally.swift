import GitObjects
import RedisScripting

/// A number that is the sum of what many have added, with a mark that every change makes anew: a
/// line with both. Two branches that have come to the same number in different ways hold different
/// bytes, so that a merge of them adds up both.
package struct Tally: Contents, Hashable {
  package var value: Int64
  /// 16 hexadecimal digits; empty for a plain ``Counter``.
  var mark: String

  init(value: Int64, mark: String) {
    self.value = value
    self.mark = mark
  }

  package init(decoding bytes: Bytes) throws {
    guard let tally = Tally(lenient: bytes) else { throw NotACounter() }
    self = tally
  }

  /// Also of a plain counter, with or without the line end.
  init?(lenient bytes: Bytes) {
    if let counter = Counter(lenient: bytes) {
      self.init(value: counter.value, mark: "")
      return
    }
    let tail = bytes.suffix(18)
    guard tail.count == 18, tail.first == UInt8(ascii: " "), tail.last == UInt8(ascii: "\n"),
      let counter = Counter(lenient: Bytes(bytes.dropLast(18)) + [UInt8(ascii: "\n")])
    else { return nil }
    let mark = tail.dropFirst().dropLast()
    guard mark.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }) else {
      return nil
    }
    self.init(value: counter.value, mark: String(decoding: mark, as: UTF8.self))
  }

  package func encoded() -> Bytes {
    mark.isEmpty ? Counter(value).encoded() : Bytes("\(value) \(mark)\n".utf8)
  }

  package static func newMark() -> String { PaddedHexadecimal.sixteen(.random(in: 0 ... .max)) }

  /// The mark of a merged tally: of these three, by whoever and in whatever order they are merged.
  fileprivate static func mark(of parts: [Tally]) -> String {
    let text = parts.map { "\($0.value) \($0.mark)\n" }.sorted().joined()
    return String(FramedObject(kind: .blob, content: Bytes(text.utf8)).id(.sha1).hex.prefix(16))
  }
}

extension ContentMerge {
  /// What a ``SharedCounter`` keeps: what both sides have added, also where they come to the same
  /// number.
  public static let tally = ContentMerge(
    Tally.self,
    Merge { base, ours, theirs throws(MergeRefusal) in
      let sum = try Merge<Int64>.counter().merged(
        base: base?.value, ours: ours.value, theirs: theirs.value)
      return Tally(value: sum, mark: Tally.mark(of: [ours, theirs]))
    })
}
