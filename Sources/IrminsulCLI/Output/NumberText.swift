/// Counts, sizes and times for people.
enum NumberText {
  /// `12,345`.
  static func count(_ number: Int) -> String {
    var digits = Array(String(number.magnitude))
    var place = digits.count - 3
    while place > 0 {
      digits.insert(",", at: place)
      place -= 3
    }
    return (number < 0 ? "-" : "") + String(digits)
  }

  /// `1 object`, `2 objects`.
  static func count(_ number: Int, _ noun: String) -> String {
    "\(count(number)) \(noun)" + (number == 1 ? "" : noun.hasSuffix("ch") ? "es" : "s")
  }

  /// `512 B`, `1.5 KiB`, `12.3 MiB`.
  static func size(_ bytes: Int) -> String {
    if bytes < 1024 { return "\(bytes) B" }
    var value = Double(bytes) / 1024
    var unit = 0
    let units = ["KiB", "MiB", "GiB", "TiB"]
    while value >= 1024, unit < units.count - 1 {
      value /= 1024
      unit += 1
    }
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10) \(units[unit])"
  }

  /// `4s`, `2m 05s`, `1h 03m`.
  static func time(seconds: Double) -> String {
    let seconds = Int(min(max(seconds, 0), 359_999).rounded(.up))
    func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    if seconds < 60 { return "\(seconds)s" }
    if seconds < 3600 { return "\(seconds / 60)m \(padded(seconds % 60))s" }
    return "\(seconds / 3600)h \(padded(seconds / 60 % 60))m"
  }
}
