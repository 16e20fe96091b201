import Foundation
import GitObjects
import Irminsul
import RedisScripting
import Testing

/// Requests that are repeated because their answer was lost, and what arrives of them in which order.
/// The fault tool has found each of these by chance.
@Suite struct LostAnswerTests {
  private static let flag: Path = "flag"

  private func withStore(
    _ algorithm: HashAlgorithm = .sha1,
    _ body: (FaultyHost, Branch, _ others: Branch) async throws -> Void
  ) async throws {
    let host = try FaultyHost()
    var options = Repository.Options()
    options.hash = algorithm
    let others = try await Repository(host: host.memory, options: options)
    let repository = try await Repository(host: host, options: options)
    try await others.branch().set(Self.flag, to: "off", "Begin")
    try await body(host, repository.branch(), others.branch())
    await repository.close()
  }

  private func edit(from old: String, to new: String) throws -> BranchEdit {
    let blob = FramedObject(kind: .blob, content: old.utf8)
    return try .set(Self.flag, new).expecting(Entry(mode: .blob, id: blob.id(.sha1)))
  }

  @Test func aFirstAttemptThatArrivesAfterItsRepetition() async throws {
    try await withStore { host, main, _ in
      host.add(.late, to: "commit")
      try await main.commit([.increment("n")], "Count")
      try await host.deliver()
      #expect(try await main.get("n", as: Counter.self).value == 1)
      #expect(try await main.log().count == 2)
    }
  }

  /// The repetition met a conflict; the first attempt arrives when the expected value is back.
  @Test(arguments: [false, true])
  func aFirstAttemptThatArrivesAfterItsRefusal(_ hasToken: Bool) async throws {
    try await withStore { host, main, others in
      host.add(.late, to: "commit") { try await others.set(Self.flag, to: "on", "Change") }
      let token = hasToken ? try await main.repository.makeToken() : nil
      await #expect(throws: StoreError.self) {
        try await main.commit([try edit(from: "off", to: "mine")], "Exchange", token: token)
      }
      try await others.set(Self.flag, to: "off", "Back")
      try await host.deliver()
      #expect(try await main.get(Self.flag, as: String.self) == "off")
    }
  }

  @Test func aFirstAttemptThatArrivesAfterThereWasNothingToDo() async throws {
    try await withStore { host, main, others in
      host.add(.late, to: "commit") { try await others.remove(Self.flag, "Remove") }
      #expect(try await main.remove(Self.flag, "Remove").commit == nil)
      try await others.set(Self.flag, to: "on", "Back")
      try await host.deliver()
      #expect(try await main.get(Self.flag, as: String.self) == "on")
    }
  }

  /// The answer of the refusal is lost as well, and the expected value is back by the third attempt:
  /// the request begins anew.
  @Test func aRefusalThatWasNotHeard() async throws {
    try await withStore { host, main, others in
      host.add(.late, to: "commit") { try await others.set(Self.flag, to: "on", "Change") }
      host.add(.answerLost, to: "commit") { try await others.set(Self.flag, to: "off", "Back") }
      let edits = [try edit(from: "off", to: "mine")]
      let result = try await main.commit(edits, "Exchange")
      #expect(result.commit != nil)
      try await others.set(Self.flag, to: "off", "Back again")
      try await host.deliver()
      #expect(try await main.get(Self.flag, as: String.self) == "off")
    }
  }

  /// The same with the caller's token: it was refused, and stays refused.
  @Test func aRefusalOfACallersTokenThatWasNotHeard() async throws {
    try await withStore { host, main, others in
      host.add(.late, to: "commit") { try await others.set(Self.flag, to: "on", "Change") }
      host.add(.answerLost, to: "commit") { try await others.set(Self.flag, to: "off", "Back") }
      let token = try await main.repository.makeToken()
      for _ in 0..<2 {
        let error = await #expect(throws: StoreError.self) {
          try await main.commit([try edit(from: "off", to: "mine")], "Exchange", token: token)
        }
        guard case .conflict("main", let conflicts) = error else {
          Issue.record("\(String(describing: error))")
          return
        }
        #expect(conflicts.isEmpty)
      }
      try await host.deliver()
      #expect(try await main.get(Self.flag, as: String.self) == "off")
    }
  }

  /// The commit was made, and cannot be read for a while: that must not look as if it had not been.
  @Test(arguments: [HashAlgorithm.sha1, .sha256])
  func aMadeCommitThatCannotBeReadAtOnce(_ algorithm: HashAlgorithm) async throws {
    try await withStore(algorithm) { host, main, others in
      host.add(.answerLost, to: algorithm == .sha1 ? "commit" : "set_refs") {
        // Otherwise the commit would be known to this repository.
        try await others.set("other", to: "1", "Other")
      }
      if algorithm == .sha1 {
        for _ in 0..<3 { host.add(.notSent, to: "read_objects") }
      }
      let result = try await main.set("mine", to: "1", "Mine")
      #expect(result.commit?.subject == "Mine")
      #expect(try await others.log().map(\.subject) == ["Other", "Mine", "Begin"])
    }
  }

  /// The first attempt comes when its token has been forgotten, and a client that has looked away for
  /// as long must not be taken for it.
  @Test func aFirstAttemptThatArrivesAfterItsTokenIsForgotten() async throws {
    try await withStore { host, main, others in
      _ = try await host.memory.run(Command("HSET", "{irminsul}:meta", "tokens", "2"))
      host.add(.late, to: "commit")
      try await main.commit([.increment("n")], "Count")
      for number in 1...8 { try await others.set("other", to: "\(number)", "Other") }
      await #expect(throws: HostError.self) { try await host.deliver() }
      #expect(try await main.get("n", as: Counter.self).value == 1)
      for number in 1...8 { try await others.set("other", to: "again \(number)", "Other") }
      try await main.commit([.increment("n")], "Count")
      #expect(try await main.get("n", as: Counter.self).value == 2)
      try await main.setHead(#require(try await main.head()).id)
    }
  }

  /// As ``aFirstAttemptThatArrivesAfterItsRefusal(_:)`` for ids that the server cannot compute.
  @Test(arguments: [false, true])
  func aLateAttemptOfTheClientsOwnCommit(_ hasToken: Bool) async throws {
    try await withStore(.sha256) { host, main, others in
      let off = try #require(try await main.entry(Self.flag))
      host.add(.late, to: "set_refs") { try await others.set(Self.flag, to: "on", "Change") }
      let token = hasToken ? try await main.repository.makeToken() : nil
      let head = try #require(try await main.head()).id
      await #expect(throws: StoreError.self) {
        let edits = [try BranchEdit.set(Self.flag, "mine").expecting(off)]
        try await main.commit(edits, "Exchange", token: token)
      }
      try await others.setHead(head)
      try await host.deliver()
      #expect(try await main.get(Self.flag, as: String.self) == "off")
    }
  }

  @Test(arguments: [
    #"{"bytes":[],"position":0}"#, #"{"bytes":[1,2],"position":5}"#,
    #"{"bytes":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16],"position":-1}"#,
  ])
  func whatIsNoToken(_ text: String) {
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(RequestToken.self, from: Data(text.utf8))
    }
  }

  @Test func aHeadThatIsMovedLate() async throws {
    try await withStore { host, main, others in
      let first = try #require(try await main.head()).id
      try await main.set("a", to: "1", "Second")
      let second = try #require(try await main.head()).id
      host.add(.late, to: "set_refs") { try await others.setHead(first) }
      await #expect(throws: StoreError.self) {
        try await main.testAndSetHead(test: second, set: nil)
      }
      try await others.setHead(second)
      try await host.deliver()
      #expect(try await main.head()?.id == second)
    }
  }
}
