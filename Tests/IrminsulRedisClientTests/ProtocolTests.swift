#if Redis
  import RedisScripting
  import Testing

  @testable import IrminsulRedisClient

  /// Bytes out and in, as hiredis has them.
  @Suite struct ProtocolTests {
    static func formatted(_ arguments: [Bytes]) throws -> Bytes {
      let bytes = try #require(formatCommand(arguments))
      defer { freeCommand(bytes) }
      return Bytes(bytes)
    }

    /// The replies in some bytes that arrive in pieces, and what is wrong after them.
    static func replies(_ bytes: Bytes, pieces: Int) throws -> (replies: [Reply], fault: String?) {
      let reader = try #require(ReplyReader())
      var replies: [Reply] = []
      var rest = bytes[...]
      while !rest.isEmpty {
        let piece = Array(rest.prefix(pieces))
        rest = rest.dropFirst(pieces)
        #expect(piece.withUnsafeBytes { reader.feed($0) })
        loop: while true {
          switch reader.next() {
          case .reply(let reply): replies.append(reply)
          case .incomplete: break loop
          case .invalid(let reason): return (replies, reason)
          }
        }
      }
      return (replies, nil)
    }

    @Test func commandsAreArraysOfBulkStrings() throws {
      let bytes = try Self.formatted([Bytes("SET".utf8), [], [0, 13, 10, 255]])
      #expect(
        bytes == Bytes("*3\r\n$3\r\nSET\r\n$0\r\n\r\n$4\r\n".utf8) + [0, 13, 10, 255, 13, 10])
      #expect(try Self.formatted([[]]) == Bytes("*1\r\n$0\r\n\r\n".utf8))
    }

    @Test(arguments: [1, 2, 3, 7, 1000])
    func everyKindOfReplyInAnyPieces(pieces: Int) throws {
      let text =
        "+OK\r\n:-7\r\n$-1\r\n*-1\r\n$0\r\n\r\n$3\r\na\r\n\r\n"
        + "-NOSCRIPT No matching script.\r\n*3\r\n*0\r\n-ERR inner\r\n$1\r\nx\r\n"
      let (replies, fault) = try Self.replies(Bytes(text.utf8), pieces: pieces)
      #expect(fault == nil)
      #expect(
        replies == [
          .status("OK"), .integer(-7), .null, .null, .bytes([]), .bytes(Bytes("a\r\n".utf8)),
          .error(ServerError(code: "NOSCRIPT", message: "No matching script.")),
          .array([
            .array([]), .error(ServerError(code: "ERR", message: "inner")),
            .bytes(Bytes("x".utf8)),
          ]),
        ])
    }

    @Test func whatElseTalksIsRecognised() throws {
      let web = try Self.replies(Bytes("HTTP/1.1 400 Bad Request\r\n".utf8), pieces: 100)
      #expect(web.fault?.contains("HTTP") == true)
      let secure = try Self.replies([0x15, 3, 1, 0, 2, 2, 70], pieces: 100)
      #expect(secure.fault?.contains("TLS") == true)
    }

    /// No bytes may trap or hang the reader; what they mean does not matter.
    @Test func anyBytesAreReadOrRefused() throws {
      var generator = SystemRandomNumberGenerator()
      let alphabet = Bytes("+-:$*_#,(%~\r\n0123456789 abcA".utf8)
      for _ in 0..<5_000 {
        let bytes = Bytes(
          (0..<Int.random(in: 0..<60, using: &generator)).map { _ in
            alphabet.randomElement(using: &generator) ?? 0
          })
        // Claims of huge arrays would only test the allocator.
        guard !bytes.contains(UInt8(ascii: "*")) || bytes.count < 8 else { continue }
        _ = try Self.replies(bytes, pieces: Int.random(in: 1...60, using: &generator))
      }
    }
  }
#endif
