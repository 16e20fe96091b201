import RedisScripting
import Synchronization

/// When an entry of a log or queue was made, and by which process as which of its entries: no two
/// are equal.
struct EntryStamp: Hashable, Comparable {
  /// Since 1970.
  let milliseconds: Int64
  /// 16 hexadecimal digits: a count of the process, then its own eight.
  let id: String

  private static let lane = PaddedHexadecimal.eight(.random(in: 0 ... .max))
  private static let count = Atomic<UInt32>(0)

  /// A new one, by this machine's clock, but not before a time.
  static func next(from earliest: Int64 = 0) -> EntryStamp {
    let number = count.wrappingAdd(1, ordering: .relaxed).newValue
    return EntryStamp(
      milliseconds: max(Timestamp.milliseconds, earliest),
      id: PaddedHexadecimal.eight(number) + lane)
  }

  init(milliseconds: Int64, id: String) {
    self.milliseconds = milliseconds
    self.id = id
  }

  /// nil for what is no time of 15 digits at most and no id of 16.
  init?(_ time: some StringProtocol, _ id: some StringProtocol) {
    guard let milliseconds = Int64(time), (0..<Register.end).contains(milliseconds),
      id.utf8.count == 16, UInt64(id, radix: 16) != nil
    else { return nil }
    self.init(milliseconds: milliseconds, id: String(id))
  }

  static func < (left: EntryStamp, right: EntryStamp) -> Bool {
    (left.milliseconds, left.id) < (right.milliseconds, right.id)
  }
}
