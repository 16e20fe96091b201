import EmbeddedRedis
import EmbeddedRedisServer
import Foundation
import IrminsulTestKit
import Testing

/// What clients of one server see of each other and do to each other, beside a Redis server.
@Suite struct ClientCommandTests {
  /// Runs the same with a Redis server and with an embedded one.
  private func onBoth<Value: Sendable>(
    _ body: @escaping @Sendable (_ connect: () throws -> RawConnection) throws -> Value
  ) async throws -> (expected: Value, found: Value) {
    let redis = try await RedisServer.start()
    let host = try EmbeddedHost(storage: .memory)
    let server = try await EmbeddedRedisServer.start(host)
    let port = server.port
    let values = try await onThread {
      (
        expected: try body { try RawConnection(unixPath: redis.unixSocketPath) },
        found: try body { try RawConnection(port: port) }
      )
    }
    await server.stop()
    await host.close()
    redis.stop()
    return values
  }

  private static func text(_ client: RawConnection, _ words: String...) throws -> String {
    String(decoding: try client.reply(to: words), as: UTF8.self)
  }

  private static func number(_ client: RawConnection) throws -> String {
    try text(client, "CLIENT", "ID").filter(\.isNumber)
  }

  /// The names of the fields, and those values that do not depend on sizes and times.
  private static func fields(_ line: String) -> [String] {
    line.split(whereSeparator: \.isWhitespace).compactMap { field in
      let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else { return nil }
      let shown = ["name", "flags", "db", "multi", "cmd", "user", "redir", "resp", "sub", "age"]
      // U is a client of a Unix socket.
      if parts[0] == "flags" {
        return String(field).replacing("=U", with: "=N").replacing("U", with: "")
      }
      return shown.contains(String(parts[0])) ? String(field) : String(parts[0])
    }
  }

  @Test func listsHaveTheSameFields() async throws {
    let lists = try await onBoth { connect in
      let clients = try [connect(), connect()]
      _ = try Self.text(clients[0], "CLIENT", "SETNAME", "first")
      _ = try Self.text(clients[1], "HELLO", "3")
      _ = try Self.text(clients[1], "CLIENT", "NO-EVICT", "on")
      _ = try Self.text(clients[1], "MULTI")
      _ = try Self.text(clients[1], "CLIENT", "INFO")
      let second = try Self.number(clients[0])
      let list = try Self.text(clients[0], "CLIENT", "LIST")
      let lines = list.split(whereSeparator: \.isNewline).dropFirst().map {
        Self.fields(String($0)).joined(separator: " ")
      }
      return [
        lines.sorted().joined(separator: "\n"),
        Self.fields(try Self.text(clients[0], "CLIENT", "INFO")).joined(separator: " "),
        Self.fields(try Self.text(clients[0], "CLIENT", "LIST", "ID", second, second))
          .joined(separator: " "),
        Self.fields(try Self.text(clients[1], "EXEC")).joined(separator: " "),
      ]
    }
    #expect(lists.found == lists.expected)
    #expect(lists.found[0].contains("name=first"))
  }

  @Test func clientsEndOthersAndThemselves() async throws {
    let replies = try await onBoth { connect in
      let clients = try (0..<3).map { _ in try connect() }
      let ids = try clients.map(Self.number)
      var replies = [
        try Self.text(clients[0], "CLIENT", "KILL", "ID", ids[0]),
        try Self.text(clients[0], "CLIENT", "KILL", "ID", ids[1]),
      ]
      func isThere(_ client: RawConnection) -> String { (try? Self.text(client, "PING")) ?? "gone" }
      replies += [isThere(clients[0]), isThere(clients[1]), isThere(clients[2])]
      replies.append(try Self.text(clients[0], "CLIENT", "KILL", "TYPE", "normal"))
      replies += [isThere(clients[0]), isThere(clients[2])]
      _ = try Self.text(clients[0], "MULTI")
      _ = try Self.text(clients[0], "CLIENT", "KILL", "SKIPME", "no", "ID", ids[0])
      replies += [try Self.text(clients[0], "EXEC"), isThere(clients[0])]
      return replies
    }
    #expect(replies.found == replies.expected)
    #expect(replies.found.filter { $0 == "gone" }.count == 3)
  }

  @Test func commandsAreAnsweredAsTheClientWants() async throws {
    let replies = try await onBoth { connect in
      let client = try connect()
      for words in [
        ["CLIENT", "REPLY", "SKIP"], ["ECHO", "1"], ["ECHO", "2"], ["CLIENT", "REPLY", "OFF"],
        ["ECHO", "3"], ["NOSUCH"], ["CLIENT", "REPLY", "SKIP"], ["ECHO", "4"],
        ["CLIENT", "REPLY", "ON"],
      ] { try client.send(words) }
      let first = String(decoding: try client.receive(), as: UTF8.self)
      return try [
        first, String(decoding: client.receive(), as: UTF8.self), Self.text(client, "PING"),
      ]
    }
    #expect(replies.found == replies.expected)
    #expect(replies.found == ["$1\r\n2\r\n", "+OK\r\n", "+PONG\r\n"])
  }

  @Test func blockedClientsAreLetGo() async throws {
    let replies = try await onBoth { connect in
      let clients = try [connect(), connect()]
      let id = try Self.number(clients[1])
      return try ["TIMEOUT", "ERROR"].map { reason in
        try clients[1].send(["BLPOP", "nothing", "0"])
        // It is blocked soon.
        while try Self.text(clients[0], "CLIENT", "UNBLOCK", id, reason) == ":0\r\n" {}
        return String(decoding: try clients[1].receive(), as: UTF8.self)
      }
    }
    #expect(replies.found == replies.expected)
  }

  /// Who has waited longest is served first.
  @Test func blockedClientsAreServedInTheirOrder() async throws {
    let replies = try await onBoth { connect in
      let pusher = try connect()
      let clients = try (0..<5).map { _ in try connect() }
      func wait(_ words: [String]) throws {
        for client in clients {
          let id = try Self.number(client)
          try client.send(words)
          while try !Self.text(pusher, "CLIENT", "LIST", "ID", id).contains("flags=b") {}
        }
      }
      func received() throws -> [String] {
        try clients.map { String(decoding: try $0.receive(), as: UTF8.self) }
      }
      var replies: [String] = []
      for _ in 0..<3 {
        try wait(["BLPOP", "w", "v", "0"])
        _ = try Self.text(pusher, "RPUSH", "w", "1", "2", "3", "4", "5")
        replies += try received()
        try wait(["BZPOPMIN", "z", "0"])
        for number in 0..<5 { _ = try Self.text(pusher, "ZADD", "z", "\(number)", "\(number)") }
        replies += try received()
      }
      return replies
    }
    #expect(replies.found == replies.expected)
  }

  /// A browser that was led to the port sends what Redis takes for the end.
  @Test func browsersAreSentAway() async throws {
    let replies = try await onBoth { connect in
      try ["GET / HTTP/1.0\r\nHost: x\r\nPING\r\n", "POST / HTTP/1.0\r\nPING\r\n"].map { text in
        let client = try connect()
        try client.send(bytes: text)
        return String(decoding: client.receiveAll(), as: UTF8.self)
      }
    }
    #expect(replies.found == replies.expected)
  }

  @Test func aPauseKnowsWhatWrites() async throws {
    let reads = [
      ["EVAL", "#!lua flags=no-writes\nreturn 1", "0"], ["EVAL_RO", "return 2", "0"],
      ["FCALL", "reads", "0"], ["GET", "k"],
    ]
    let replies = try await onBoth { connect in
      let clients = try [connect(), connect()]
      _ = try Self.text(
        clients[0], "FUNCTION", "LOAD",
        "#!lua name=l\nredis.register_function{function_name='reads',flags={'no-writes'},"
          + "callback=function() return 3 end}")
      // Its end does not fit into a number.
      var replies = [try Self.text(clients[0], "CLIENT", "PAUSE", "9223372036854775807")]
      replies.append(try Self.text(clients[0], "PING"))
      replies.append(try Self.text(clients[0], "CLIENT", "PAUSE", "600000", "WRITE"))
      for words in reads {
        replies.append(String(decoding: try clients[1].reply(to: words), as: UTF8.self))
      }
      replies.append(try Self.text(clients[0], "CLIENT", "UNPAUSE"))
      return replies
    }
    #expect(replies.found == replies.expected)
  }

  @Test func aPauseHoldsWritesBack() async throws {
    let replies = try await onBoth { connect in
      let clients = try [connect(), connect()]
      var replies = [try Self.text(clients[0], "CLIENT", "PAUSE", "600000", "WRITE")]
      try clients[1].send(["SET", "k", "v"])
      Thread.sleep(forTimeInterval: 0.1)
      replies += [
        try Self.text(clients[0], "GET", "k"), try Self.text(clients[0], "CLIENT", "UNPAUSE"),
      ]
      replies.append(String(decoding: try clients[1].receive(), as: UTF8.self))
      return replies
    }
    #expect(replies.found == replies.expected)
    #expect(replies.found == ["+OK\r\n", "$-1\r\n", "+OK\r\n", "+OK\r\n"])
  }

  /// What is no request: the same words, and the end.
  @Test func malformedRequestsAreRefusedInTheSameWords() async throws {
    let requests = [
      "*2147483648\r\n", "*x\r\n", "*+1\r\n$4\r\nPING\r\n", "*01\r\n$4\r\nPING\r\n",
      "*1\r\n$536870913\r\n", "*1\r\n$-1\r\n", "*1\r\n$+4\r\nPING\r\n", "*1\r\n:4\r\n",
      "* 1\r\n$4\r\nPING\r\n", "*\r\nPING\r\n", "\"a\r\n", "*1\n$4\r\nPING\r\n",
      "*" + String(repeating: "1", count: 70000), String(repeating: "x", count: 70000),
      "*1\r\n$" + String(repeating: "1", count: 70000),
      "*-9223372036854775808\r\n*0\r\n*-5\r\nPING\n*1\r\n$4\r\nQUIT\r\n",
      "*2000000\r\n$4\r\nPING\r\n$-1\r\n",
    ]
    let replies = try await onBoth { connect in
      try requests.map { request in
        let client = try connect()
        try client.send(bytes: request)
        return String(decoding: client.receiveAll(), as: UTF8.self)
      }
    }
    for (index, request) in requests.enumerated() {
      #expect(replies.found[index] == replies.expected[index], "\(request.prefix(40))")
    }
    #expect(replies.found.last == "-ERR Protocol error: invalid bulk length\r\n")
  }

  /// More words than any client should send, in many pieces.
  @Test func longRequestsAreRead() async throws {
    let replies = try await onBoth { connect in
      let client = try connect()
      let count = 300_000
      var request = "*\(count + 2)\r\n$5\r\nRPUSH\r\n$1\r\nl\r\n"
      for _ in 0..<count { request += "$1\r\nx\r\n" }
      try client.send(bytes: request)
      return String(decoding: try client.receive(), as: UTF8.self)
    }
    #expect(replies.found == replies.expected)
    #expect(replies.found == ":300000\r\n")
  }
}
