/// How long many calls took, in fixed memory: each power of two is cut into 64 equal buckets, so that
/// a percentile is right to 1.6 %.
///
/// ```swift
/// var histogram = LatencyHistogram()
/// histogram.record(.milliseconds(3))
/// histogram.percentile(0.99)
/// ```
///
/// Source: Gil Tene's HdrHistogram.
struct LatencyHistogram: Sendable, Equatable {
  private static let subBucketBits = 6
  /// Durations of 2^40 ns, 18 minutes, and more are counted as that.
  private static let exponents = 40
  private static let bucketCount = (exponents - subBucketBits + 1) << subBucketBits

  private var buckets = [UInt32](repeating: 0, count: bucketCount)
  private(set) var count = 0
  /// The longest duration, exactly.
  private(set) var maximum = Duration.zero

  mutating func record(_ duration: Duration) {
    buckets[Self.bucket(of: duration.nanoseconds)] &+= 1
    count += 1
    maximum = max(maximum, duration)
  }

  mutating func merge(_ other: LatencyHistogram) {
    for at in buckets.indices { buckets[at] &+= other.buckets[at] }
    count += other.count
    maximum = max(maximum, other.maximum)
  }

  /// The duration that a share of all recorded ones does not exceed; zero when there are none.
  func percentile(_ share: Double) -> Duration {
    let rank = max(1, Int((Double(count) * share).rounded(.up)))
    var seen = 0
    for (at, number) in buckets.enumerated() where number > 0 {
      seen += Int(number)
      if seen >= rank { return min(maximum, .nanoseconds(Self.upperBound(of: at))) }
    }
    return maximum
  }

  private static func bucket(of nanoseconds: Int64) -> Int {
    let value = UInt64(clamping: min(nanoseconds, 1 << exponents - 1))
    let exponent = max(0, 63 - value.leadingZeroBitCount - subBucketBits)
    // Below 2^subBucketBits each value is its own bucket; above, the leading bit is implied.
    return exponent << subBucketBits + Int(value >> exponent)
  }

  private static func upperBound(of bucket: Int) -> Int64 {
    let exponent = max(0, bucket >> subBucketBits - 1)
    let first = Int64(bucket - exponent << subBucketBits) << exponent
    return first + Int64(1) << exponent - 1
  }
}

/// The buckets that are not empty, by index.
extension LatencyHistogram: Codable {
  private enum CodingKeys: CodingKey {
    case buckets
    case maximum
  }

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    for (at, number) in try values.decode([Int: UInt32].self, forKey: .buckets) {
      guard buckets.indices.contains(at) else {
        throw DecodingError.dataCorruptedError(
          forKey: .buckets, in: values, debugDescription: "there is no bucket \(at)")
      }
      buckets[at] = number
      count += Int(number)
    }
    maximum = .nanoseconds(try values.decode(Int64.self, forKey: .maximum))
  }

  func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    let filled = buckets.enumerated().filter { $0.element > 0 }
    try values.encode(
      Dictionary(uniqueKeysWithValues: filled.map { ($0.offset, $0.element) }), forKey: .buckets)
    try values.encode(maximum.nanoseconds, forKey: .maximum)
  }
}

extension Duration {
  var nanoseconds: Int64 {
    components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
  }

  var seconds: Double { self / .seconds(1) }
  var milliseconds: Double { self / .milliseconds(1) }
}
