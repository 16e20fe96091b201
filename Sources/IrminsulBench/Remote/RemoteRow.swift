/// What cloning, fetching and pushing of one repository take, beside git with a bare repository as the remote.
struct RemoteRow: Encodable {
  /// A time beside git's, both in seconds.
  struct Pair {
    var store = Double.infinity
    var git = Double.infinity

    var ratio: Double { store / git }

    /// Keeps the shorter of both.
    mutating func add(store: Double, git: Double) {
      self.store = min(self.store, store)
      self.git = min(self.git, git)
    }
  }

  let repository: String
  let rtt: Double
  let objects: Int
  let refs: Int
  /// Seconds of `git push --mirror` into an empty store.
  let mirror: Double
  var clone = Pair()
  var fetch = Pair()
  var push = Pair()
  /// Round trips of a fetch, and of a push, of one commit.
  var fetchTrips = 0
  var pushTrips = 0

  init(repository: String, rtt: Double, objects: Int, refs: Int, mirror: Double) {
    self.repository = repository
    self.rtt = rtt
    self.objects = objects
    self.refs = refs
    self.mirror = mirror
  }

  static let columns: [TextTable.Column] = [
    .init("repository", 14, .left), .init("objects", 8), .init("refs", 5), .init("mirror s", 8),
    .init("rtt ms", 6), .init("clone s", 8), .init("x git", 6), .init("fetch ms", 8),
    .init("x git", 6), .init("trips", 5), .init("push ms", 8), .init("x git", 6),
    .init("trips", 5),
  ]

  var cells: [String] {
    [
      repository, Figure.grouped(objects), Figure.grouped(refs), Figure.text(mirror),
      Figure.text(rtt), Figure.text(clone.store), Figure.text(clone.ratio),
      Figure.text(fetch.store * 1000), Figure.text(fetch.ratio), "\(fetchTrips)",
      Figure.text(push.store * 1000), Figure.text(push.ratio), "\(pushTrips)",
    ]
  }

  var bounds: [Bound] {
    var bounds = [
      Bound(
        name: "\(repository), \(Figure.text(rtt)) ms: round trips of a fetch",
        value: Double(fetchTrips), limit: .atMost(9)),
      Bound(
        name: "\(repository), \(Figure.text(rtt)) ms: round trips of a push",
        value: Double(pushTrips), limit: .atMost(9)),
    ]
    if rtt == 0 {
      for (what, pair, limit) in [("clone", clone, 1.5), ("fetch", fetch, 2), ("push", push, 2)] {
        bounds.append(
          Bound(name: "\(repository): \(what) / git's", value: pair.ratio, limit: .atMost(limit)))
      }
    }
    return bounds
  }

  private enum CodingKeys: String, CodingKey {
    case scenario, repository, objects, refs
    case rtt = "rtt_ms"
    case mirror = "push_mirror_s"
    case clone = "clone_s"
    case gitClone = "git_clone_s"
    case fetch = "fetch_s"
    case gitFetch = "git_fetch_s"
    case push = "push_s"
    case gitPush = "git_push_s"
    case fetchTrips = "fetch_round_trips"
    case pushTrips = "push_round_trips"
  }

  func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode("remote", forKey: .scenario)
    try values.encode(repository, forKey: .repository)
    try values.encode(objects, forKey: .objects)
    try values.encode(refs, forKey: .refs)
    try values.encode(rtt, forKey: .rtt)
    try values.encode(mirror, forKey: .mirror)
    try values.encode(clone.store, forKey: .clone)
    try values.encode(clone.git, forKey: .gitClone)
    try values.encode(fetch.store, forKey: .fetch)
    try values.encode(fetch.git, forKey: .gitFetch)
    try values.encode(push.store, forKey: .push)
    try values.encode(push.git, forKey: .gitPush)
    try values.encode(fetchTrips, forKey: .fetchTrips)
    try values.encode(pushTrips, forKey: .pushTrips)
  }
}
