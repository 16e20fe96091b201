/// A ratio between rows of one run, and what it should be.
struct Bound {
  enum Limit {
    case atLeast(Double)
    case atMost(Double)
    case exactly(Double)
  }

  let name: String
  let value: Double
  let limit: Limit

  var isMet: Bool {
    switch limit {
    case .atLeast(let bound): value >= bound
    case .atMost(let bound): value <= bound
    // As it is printed.
    case .exactly(let bound): abs(value - bound) < 0.005
    }
  }

  var cells: [String] {
    let bound =
      switch limit {
      case .atLeast(let bound): "≥ \(Figure.text(bound))"
      case .atMost(let bound): "≤ \(Figure.text(bound))"
      case .exactly(let bound): "= \(Figure.text(bound))"
      }
    return [name, Figure.text(value), bound, isMet ? "" : "no"]
  }

  /// What OCaml Irmin takes in Redis for a commit to the same tree.
  static let irminBytesPerCommit = 3332.0

  /// Every bound that has its rows.
  static func checks(_ rows: [Row], emptyScript: Double?) -> [Bound] {
    var bounds: [Bound] = []
    func find(
      _ method: Method, _ writers: Int, _ layout: Layout = .disjoint, processes: Int = 1,
      rtt: Double = 0
    ) -> Row? {
      rows.first {
        $0.isOf(method, layout) && $0.directories != .wide && $0.writers == writers
          && $0.processes == processes
          && $0.rtt == rtt
      }
    }
    func rate(_ name: String, _ row: Row?, _ unit: Row?, _ limit: Limit) {
      guard let row, let unit, unit.perSecond > 0 else { return }
      bounds.append(
        Bound(name: name, value: row.perSecond / unit.perSecond, limit: limit))
    }
    func add(_ name: String, _ value: Double?, _ limit: Limit) {
      if let value { bounds.append(Bound(name: name, value: value, limit: limit)) }
    }
    let usual = find(.irminsul, 64)
    rate("irminsul / reference, 64 writers", usual, find(.reference, 64), .atLeast(70))
    rate("irminsul / document, 64 writers", usual, find(.document, 64), .atLeast(70))
    let attempts = rows.filter { $0.method == Method.irminsul.rawValue }.compactMap(\.attempts)
    add("irminsul: attempts per commit, at most", attempts.max(), .exactly(1))
    rate("irminsul: 256 writers / 16", find(.irminsul, 256), find(.irminsul, 16), .atLeast(0.9))
    rate("irminsul / script-limit, 64 writers", usual, find(.scriptLimit, 64), .atLeast(0.9))
    if let emptyScript, emptyScript > 0 {
      add(
        "irminsul: server µs / an empty EVALSHA, 64 writers",
        usual?.serverMicroseconds.map { $0 / emptyScript }, .atMost(13))
    }
    rate("irminsul: hot / disjoint, 64 writers", find(.irminsul, 64, .hot), usual, .atLeast(0.9))
    add("irminsul: p99 / p50, 64 writers", usual?.tailRatio, .atMost(3))
    rate(
      "irminsul / reference, 64 writers, 0.5 ms round trip", find(.irminsul, 64, rtt: 0.5),
      find(.reference, 64, rtt: 0.5), .atLeast(100))
    rate(
      "irminsul: 4 processes of 64 writers / 1", find(.irminsul, 64, processes: 4), usual,
      .atLeast(1))
    add(
      "irminsul: bytes in Redis per commit / OCaml Irmin's 3,332",
      usual?.redisBytes.map { $0 / irminBytesPerCommit }, .atMost(0.6))
    return bounds
  }
}
