/// Random numbers that a seed repeats: SplitMix64.
///
/// Source: https://prng.di.unimi.it/splitmix64.c
struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// - Parameter stream: Tells generators of one seed apart.
  init(seed: UInt64, stream: [Int] = []) {
    state = seed
    for number in stream { state = next() ^ UInt64(truncatingIfNeeded: number) }
  }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  /// Any duration of a range, all equally likely.
  mutating func duration(_ milliseconds: ClosedRange<Int>) -> Duration {
    .milliseconds(Int.random(in: milliseconds, using: &self))
  }
}
