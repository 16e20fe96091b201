/// A generator whose numbers depend on its seed only, so that a failure can be had again.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    // SplitMix64.
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }

  mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) }
  }

  mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }

  /// The bytes with a few of them changed, removed, doubled, or cut off.
  mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    let telling: [UInt8] = [0, 0x0A, 0x20, 0x2F, 0x30, 0x37, 0x38, 0x3C, 0x3E, 0xFF]
    for _ in 0...below(4) {
      if bytes.isEmpty { return [telling[below(telling.count)]] }
      let place = below(bytes.count)
      switch below(6) {
      case 0: bytes[place] = UInt8.random(in: 0...255, using: &self)
      case 1: bytes[place] = telling[below(telling.count)]
      case 2: bytes.remove(at: place)
      case 3: bytes.insert(telling[below(telling.count)], at: place)
      case 4: bytes.removeSubrange(place...)
      default:
        let end = min(bytes.count, place + 1 + below(30))
        bytes.insert(contentsOf: bytes[place..<end], at: below(bytes.count))
      }
    }
    return bytes
  }
}
