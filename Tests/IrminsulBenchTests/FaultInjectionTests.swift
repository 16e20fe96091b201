import Foundation
import IrminsulTestKit
import Testing

@testable import IrminsulBench

/// The faults are those that their names say.
@Suite struct FaultInjectionTests {
  /// What the two ends of a connection have seen when a request and its answer met a fault.
  private struct Passage {
    var atServer: String
    var atClient: String
  }

  private static let request = "*1\r\n$4\r\nPING\r\n"
  private static let answer = "+PONG it is\r\n"

  private func passage(under kind: FaultKind) async throws -> Passage {
    let (listener, port) = try PlainSocket.listening()
    let tally = FaultTally([kind])
    let schedule = ProxyFaultSchedule([kind], seed: 1, commandTimeout: .milliseconds(100))
    let proxy = try await FaultInjectionProxy.start(
      to: .tcp(host: "127.0.0.1", port: port), schedule, tally)
    let passage = try await ThreadTeam.run { [port = proxy.port] () throws -> Passage in
      let client = try PlainSocket(host: "127.0.0.1", port: port)
      let server = try #require(listener.accepted())
      client.write(Self.request.utf8)
      var received: [UInt8] = []
      while received.count < Self.request.utf8.count {
        let bytes = server.read()
        if bytes.isEmpty { break }
        received += bytes
      }
      server.write(Self.answer.utf8)
      var answered: [UInt8] = []
      while answered.count < Self.answer.utf8.count {
        let bytes = client.read()
        if bytes.isEmpty { break }
        answered += bytes
      }
      return Passage(
        atServer: String(decoding: received, as: UTF8.self),
        atClient: String(decoding: answered, as: UTF8.self))
    }
    await proxy.stop()
    #expect(tally.count(of: kind) == 1)
    return passage
  }

  @Test func cutsBeforeTheRequest() async throws {
    let passage = try await passage(under: .cutBefore)
    #expect(passage.atServer == "")
    #expect(passage.atClient == "")
  }

  @Test func cutsWithinTheRequest() async throws {
    let passage = try await passage(under: .cutRequest)
    let half = Self.request.utf8.prefix(Self.request.utf8.count / 2)
    #expect(passage.atServer == String(decoding: Array(half), as: UTF8.self))
    #expect(passage.atClient == "")
  }

  @Test(arguments: [FaultKind.cutAfter, .late])
  func losesTheAnswer(_ kind: FaultKind) async throws {
    let passage = try await passage(under: kind)
    #expect(passage.atServer == Self.request)
    #expect(passage.atClient == "")
  }

  @Test func cutsWithinTheAnswer() async throws {
    let passage = try await passage(under: .cutAnswer)
    #expect(passage.atServer == Self.request)
    #expect(!passage.atClient.isEmpty && passage.atClient != Self.answer)
    #expect(Self.answer.hasPrefix(passage.atClient))
  }

  @Test(arguments: [FaultKind.stall, .delay])
  func pausesLoseNothing(_ kind: FaultKind) async throws {
    let passage = try await passage(under: kind)
    #expect(passage.atServer == Self.request)
    #expect(passage.atClient == Self.answer)
  }

  @Test func resetsEndTheConnection() async throws {
    let passage = try await passage(under: .reset)
    #expect(passage.atClient != Self.answer)
  }

  /// An answer is cut within, never just behind, so that the client meets half of one.
  @Test(arguments: ["+OK\r\n+OK\r\n", ":1\r\n", "$2\r\nab\r\n$2\r\nab\r\n", "*1\r\n:1\r\n"])
  func answersAreCutWithin(_ answers: String) {
    let bytes = Array(answers.utf8)
    let length = AnswerCut.length(within: bytes)
    #expect(length > 0 && length < bytes.count)
    let end = bytes.prefix(length).withUnsafeBytes { passed in
      var (place, end) = (0, 0)
      while (try? RespParser.skip(passed, &place)) == true { end = place }
      return end
    }
    #expect(end != length)
  }

  @Test(arguments: 1...7) func doneAnswersAreCountedInPieces(_ size: Int) {
    let stream = Array(
      "+OK\r\n*3\r\n$4\r\ndone\r\n:7\r\n*3\r\n$4\r\ndone\r\n$4\r\ndome\r\n\r\n$4\r\n$4\r\ndone\r\n"
        .utf8)
    var counter = DoneAnswerCounter()
    var count = 0
    for start in stride(from: 0, to: stream.count, by: size) {
      count += counter.count(in: stream[start..<min(start + size, stream.count)])
    }
    #expect(count == 3)
  }

  @Test func aDeckDealsEveryKindAsOftenAsItWeighs() {
    var generator = SeededGenerator(seed: 5)
    var deck = FaultDeck(FaultKind.allCases)
    let count = FaultKind.allCases.reduce(0) { $0 + $1.weight }
    var dealt: [FaultKind: Int] = [:]
    for _ in 0..<count {
      if let kind = deck.deal(&generator) { dealt[kind, default: 0] += 1 }
    }
    for kind in FaultKind.allCases { #expect(dealt[kind] == kind.weight) }
    var none = FaultDeck([])
    #expect(none.deal(&generator) == nil)
  }

  @Test func aSeedRepeatsWhatAWriterChooses() async throws {
    func operations(_ seed: UInt64, _ writer: Int) async throws -> [StoreOperation] {
      var factory = OperationFactory(seed: seed, process: 0, life: 0, writer: writer)
      var operations: [StoreOperation] = []
      for number in 1...50 {
        let id = OperationID(process: 0, life: 0, writer: writer, number: number)
        operations.append(try await factory.next(id) { _ in "1000" }.operation)
      }
      return operations
    }
    let first = try await operations(3, 0)
    #expect(try await operations(3, 0) == first)
    #expect(try await operations(4, 0) != first)
    #expect(try await operations(3, 1) != first)
  }
}
