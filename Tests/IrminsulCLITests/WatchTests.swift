import Foundation
import IrminsulTestKit
import Testing

/// `watch`: changes as they come, to the end by Ctrl-C, and on from where it was.
@Suite struct WatchTests {
  enum Place: String, CaseIterable {
    case file
    #if Redis
      case redis
    #endif

    func url() async throws -> String {
      switch self {
      case .file: "file:store"
      #if Redis
        case .redis: try await TestServers.shared.freshURL()
      #endif
      }
    }
  }

  @Test(arguments: Place.allCases)
  func changesAsTheyComeUntilCtrlC(place: Place) async throws {
    let sandbox = try Sandbox()
    let url = try await place.url()
    expectDone(try await sandbox.irminsul("set", "n=0", "other=0", "--store", url))
    let watch = try sandbox.start("watch", "--since", "1", "--store", url)
    expectDone(try await sandbox.irminsul("set", "m/new=1", "n=1", "--store", url))
    #expect(try await watch.printsLines(3))
    expectDone(try await sandbox.irminsul("rm", "other", "--store", url))
    #expect(try await watch.printsLines(5))
    watch.signal(SIGINT)
    let told = expectDone(await watch.end()).text
    #expect(
      told.replacing(#/[0-9a-f]{10}/#, with: "ID") == """
        2  main  ID..ID  Set 2 paths
            A m/new
            M n
        3  main  ID..ID  Remove other
            D other

        """)
  }

  @Test(arguments: Place.allCases)
  func fromNowOnWithoutAGap(place: Place) async throws {
    let sandbox = try Sandbox()
    let url = try await place.url()
    expectDone(try await sandbox.irminsul("set", "n=0", "--store", url))
    let watch = try sandbox.start("watch", "--json", "--store", url)
    // It starts at its own pace, so that some changes come before.
    var last = 1
    while watch.lines.count < 3, last < 200 {
      last += 1
      expectDone(try await sandbox.irminsul("set", "n=\(last)", "--store", url))
    }
    let newest = "\"position\":\(last),"
    #expect(try await watch.prints { $0.last?.contains(newest) == true })
    watch.signal(SIGINT)
    let positions = try expectDone(await watch.end()).objects().map { $0["position"] as? Int }
    let first = try #require(positions.first ?? nil)
    #expect(first > 1)
    #expect(positions == Array(first..<(first + positions.count)))
    #expect(positions.last == last)
  }

  @Test(arguments: Place.allCases)
  func itGoesOnFromAPosition(place: Place) async throws {
    let sandbox = try Sandbox()
    let url = try await place.url()
    for number in 1...4 {
      expectDone(try await sandbox.irminsul("set", "n=\(number)", "--store", url))
    }
    let first = try await sandbox.irminsul(
      "watch", "--since", "0", "-n", "2", "--json", "--store", url
    ).objects()
    #expect(first.map { $0["position"] as? Int } == [1, 2])
    #expect(first.map { $0["change"] as? String } == ["added", "updated"])
    let rest = try await sandbox.irminsul(
      "watch", "--since", "2", "-n2", "--json", "--store", url
    ).objects()
    #expect(rest.map { $0["position"] as? Int } == [3, 4])
    let log = try await sandbox.irminsul("log", "--json", "--store", url).objects()
    let told = (first + rest).map { $0["new"] as? String }
    #expect(told == log.reversed().map { $0["id"] as? String })
    expectRefusal(
      try await sandbox.irminsul("watch", "--since", "5", "--store", url), .refused,
      "position 5 is after the last change, which is 4", "--since 0")
  }

  @Test func onlyWhatChangesAtAPath() async throws {
    let sandbox = try Sandbox()
    for edit in ["a/x=1", "b=1", "a/y=2", "b=2", "a/x=3"] {
      expectDone(try await sandbox.irminsul("set", edit))
    }
    expectDone(try await sandbox.irminsul("rm", "-r", "a"))
    let told = try await sandbox.irminsul("watch", "a", "--since", "0", "-n", "4", "--json")
      .objects()
    #expect(told.map { $0["position"] as? Int } == [1, 3, 5, 6])
    let paths = told.map { ($0["changes"] as? [[String: Any]])?.map { $0["path"] as? String } }
    #expect(paths == [["a/x"], ["a/y"], ["a/x"], ["a/x", "a/y"]])
  }

  @Test func allBranchesComeAndGo() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "a=1"))
    expectDone(try await sandbox.irminsul("branch", "topic"))
    expectDone(try await sandbox.irminsul("branch", "--delete", "topic"))
    let told = expectDone(try await sandbox.irminsul("watch", "--all", "--since", "0", "-n", "3"))
    #expect(told.lines[0].wholeMatch(of: #/1  main  at [0-9a-f]{10}  Set a/#) != nil)
    #expect(told.lines[1].wholeMatch(of: #/2  topic  at [0-9a-f]{10}  Set a/#) != nil)
    #expect(told.lines[2].wholeMatch(of: #/3  topic  removed, was at [0-9a-f]{10}/#) != nil)
    let one = expectDone(try await sandbox.irminsul("watch", "-b", "topic", "--since", "0", "-n1"))
    #expect(one.lines.map { $0.prefix(8) } == ["2  topic"])
  }

  #if Redis
    @Test func aServerThatComesBack() async throws {
      let server = try await RedisServer.start(RedisServer.Options(durability: .everyWrite))
      let sandbox = try Sandbox()
      expectDone(try await sandbox.irminsul("set", "a=1", "--store", server.url))
      let watch = try sandbox.start("watch", "--since", "0", "--store", server.url)
      #expect(try await watch.printsLines(1))
      server.kill()
      try await server.restart()
      expectDone(try await sandbox.irminsul("set", "a=2", "--store", server.url))
      #expect(try await watch.printsLines(3))
      watch.signal(SIGINT)
      let told = expectDone(await watch.end())
      #expect(told.lines.map { $0.prefix(7) } == ["1  main", "2  main", "    M a"])
    }
  #endif

  @Test func terminationIsAnOrdinaryEndToo() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "a=1"))
    let watch = try sandbox.start("watch", "--since", "0")
    #expect(try await watch.printsLines(1))
    watch.signal(SIGTERM)
    expectDone(await watch.end())
  }

  @Test func aWatchWhoseReaderHasGoneEndsQuietly() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "n=0"))
    let watch = try sandbox.startShell(
      "{ irminsul watch --since 0; echo $? >status; } | head -1")
    var number = 0
    while try !sandbox.names().contains("status"), number < 200 {
      number += 1
      expectDone(try await sandbox.irminsul("set", "n=\(number)"))
    }
    let transcript = expectDone(await watch.end())
    #expect(transcript.lines.count == 1)
    #expect(try sandbox.read("status") == Array("\(128 + SIGPIPE)\n".utf8))
  }
}
