import RedisScripting
import Testing

/// What a person reads when a host fails: where, why, and what to do.
@Suite struct HostErrorTests {
  private static let place = "redis://app@db:6379/2"

  static let texts: [(error: HostError, text: String)] = [
    (
      .unreachable(location: place, reason: "Connection refused", remedy: "Is it running?"),
      "cannot reach redis://app@db:6379/2: Connection refused\nIs it running?"
    ),
    (
      .notSent(location: place, reason: "the queue is full"),
      "not sent to redis://app@db:6379/2: the queue is full\nNothing was changed; try again."
    ),
    (
      .answerLost(location: place, reason: "the connection was closed"),
      "no answer from redis://app@db:6379/2: the connection was closed\n"
        + "What was asked may or may not have been done."
    ),
    (
      .refused(location: place, call: "script commit", ServerError(reply: "NOTTREE a")),
      "redis://app@db:6379/2 refused script commit: NOTTREE a"
    ),
    (
      .refused(location: place, call: "AUTH", ServerError(reply: "WRONGPASS no")),
      "redis://app@db:6379/2 refused AUTH: WRONGPASS no\n"
        + "The user name or the password is wrong, or the user is disabled."
    ),
    (
      .notRedis(location: place, reason: "it answered as an HTTP server does"),
      "redis://app@db:6379/2 does not answer as a Redis server: it answered as an HTTP server does\n"
        + "Check host, port and scheme."
    ),
    (
      .unsuitable(location: place, reason: "it is a replica", remedy: "Connect to its master."),
      "redis://app@db:6379/2 is not fit for a store: it is a replica\nConnect to its master."
    ),
    (
      .storage(location: "file:s", reason: "the disk is full", remedy: "Free space."),
      "cannot use file:s: the disk is full\nFree space."
    ),
    (
      .tooLarge(location: "file:s", bytes: 11, limit: 10),
      "a value of 11 bytes does not fit into file:s, which holds 10 bytes at most\n"
        + "Split the value into several paths."
    ),
    (.invalidConfiguration(reason: "the URL names no host"), "the URL names no host"),
    (.closed(location: "memory:"), "memory: is closed"),
  ]

  @Test(arguments: texts)
  func descriptions(error: HostError, text: String) {
    #expect("\(error)" == text)
    #expect((1...3).contains(text.split(separator: "\n").count))
  }

  /// Only a lost answer leaves it open whether the call had an effect.
  @Test func whatMayHaveBeenDone() {
    for (error, _) in Self.texts {
      if case .answerLost = error {
        #expect(error.mayHaveBeenDone)
      } else {
        #expect(!error.mayHaveBeenDone, "\(error)")
      }
    }
  }
}
