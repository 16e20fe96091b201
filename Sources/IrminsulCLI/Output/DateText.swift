import Foundation
import Irminsul

/// Dates as `git log` prints them, in the zone of whoever made the commit.
enum DateText {
  private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// Such as `Tue Nov 24 05:11:47 2026 +0100`.
  static func git(_ identity: Identity?) -> String {
    guard let local = Local(identity) else { return "unknown" }
    let weekday = days[((local.day % 7) + 7) % 7]
    return "\(weekday) \(months[local.date.month - 1]) \(local.date.day) \(local.clock) "
      + "\(local.date.year) \(local.zone)"
  }

  /// Such as `2026-11-24 05:11:47 +0100`.
  static func iso(_ identity: Identity?) -> String {
    guard let local = Local(identity) else { return "unknown" }
    let date = local.date
    return "\(date.year)-\(padded(date.month))-\(padded(date.day)) \(local.clock) \(local.zone)"
  }

  /// A moment where whoever made the commit was.
  private struct Local {
    let day: Int
    let date: CivilDate
    let clock: String
    let zone: String

    init?(_ identity: Identity?) {
      guard let seconds = identity?.seconds, abs(seconds) < 1 << 56 else { return nil }
      let local = seconds + Int64(identity?.offsetMinutes ?? 0) * 60
      day = Int(floorDivide(local, 86_400))
      let second = Int(local - Int64(day) * 86_400)
      date = CivilDate(day: day)
      clock = [second / 3600, second / 60 % 60, second % 60].map(padded).joined(separator: ":")
      zone = identity?.offsetText ?? "+0000"
    }
  }

  /// Milliseconds since 1970 as `2026-11-24T05:11:47.123Z`.
  static func utc(milliseconds: Int64) -> String {
    let seconds = floorDivide(milliseconds, 1000)
    let day = Int(floorDivide(seconds, 86_400))
    let second = Int(seconds - Int64(day) * 86_400)
    let date = CivilDate(day: day)
    let fraction = String(milliseconds - seconds * 1000 + 1000).dropFirst()
    return "\(date.year)-\(padded(date.month))-\(padded(date.day))T\(padded(second / 3600)):"
      + "\(padded(second / 60 % 60)):\(padded(second % 60)).\(fraction)Z"
  }

  private static func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

  private static func floorDivide(_ number: Int64, _ divisor: Int64) -> Int64 {
    number / divisor - (number % divisor < 0 ? 1 : 0)
  }
}
