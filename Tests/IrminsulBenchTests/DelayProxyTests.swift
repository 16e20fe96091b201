import Foundation
import IrminsulTestKit
import Testing

@testable import IrminsulBench

@Suite struct DelayProxyTests {
  /// What comes through is what was sent, in order, in both directions at once.
  @Test(arguments: [0, 3]) func bytesArriveUnchanged(_ milliseconds: Int) async throws {
    let (listener, port) = try PlainSocket.listening()
    let proxy = try await DelayProxy.start(
      to: .tcp(host: "127.0.0.1", port: port), delay: .milliseconds(milliseconds))
    let sent = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }

    let echoed = try await ThreadTeam.run { [port = proxy.port] () throws -> [UInt8] in
      let client = try PlainSocket(host: "127.0.0.1", port: port)
      let server = try #require(listener.accepted())
      Thread.detachNewThread {
        while true {
          let bytes = server.read()
          guard !bytes.isEmpty, server.write(bytes) else { break }
        }
        server.end()
      }
      Thread.detachNewThread {
        for start in stride(from: 0, to: sent.count, by: 7001) {
          client.write(sent[start..<min(start + 7001, sent.count)])
        }
      }
      var received: [UInt8] = []
      while received.count < sent.count {
        let bytes = client.read()
        guard !bytes.isEmpty else { break }
        received += bytes
      }
      client.end()
      return received
    }
    #expect(echoed == sent)
    await proxy.stop()
  }

  /// What was sent before the end arrives before the end.
  @Test func theServersEndReachesTheClient() async throws {
    let (listener, port) = try PlainSocket.listening()
    let proxy = try await DelayProxy.start(
      to: .tcp(host: "127.0.0.1", port: port), delay: .milliseconds(1))
    let received = try await ThreadTeam.run { [port = proxy.port] () throws -> [UInt8] in
      let client = try PlainSocket(host: "127.0.0.1", port: port)
      let server = try #require(listener.accepted())
      server.write(Array("bye".utf8))
      server.end()
      var received: [UInt8] = []
      while true {
        let bytes = client.read()
        if bytes.isEmpty { return received }
        received += bytes
      }
    }
    #expect(received == Array("bye".utf8))
    await proxy.stop()
  }
}
