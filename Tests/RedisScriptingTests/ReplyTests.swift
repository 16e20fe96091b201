import RedisScripting
import Testing

/// What each accessor makes of each kind of reply.
@Suite struct ReplyTests {
  private static let error = Reply.error(ServerError(code: "ERR", message: "no"))

  @Test func bytesOfStringsOnly() {
    #expect(Reply.bytes([0, 255]).bytes == [0, 255])
    #expect(Reply.bytes([]).bytes == [])
    #expect(Reply.status("OK").bytes == Bytes("OK".utf8))
    for other in [Reply.integer(1), .array([.bytes([1])]), .null, Self.error] {
      #expect(other.bytes == nil)
    }
  }

  @Test func textOfUTF8Only() {
    #expect(Reply.bytes(Bytes("ü".utf8)).text == "ü")
    #expect(Reply.status("OK").text == "OK")
    #expect(Reply.bytes([0xC3]).text == nil)
    #expect(Reply.bytes([0xFF, 0xFE]).text == nil)
    #expect(Reply.integer(7).text == nil)
    #expect(Reply.null.text == nil)
  }

  @Test func integersAlsoFromStrings() {
    #expect(Reply.integer(.min).integer == .min)
    #expect(Reply.bytes(Bytes("-42".utf8)).integer == -42)
    #expect(Reply.status("7").integer == 7)
    for text in ["", " 1", "1.0", "0x1", "9223372036854775808", "one"] {
      #expect(Reply.bytes(Bytes(text.utf8)).integer == nil, "\(text)")
    }
    for other in [Reply.array([.integer(1)]), .null, Self.error, .bytes([0xFF])] {
      #expect(other.integer == nil)
    }
  }

  @Test func arraysOnly() {
    #expect(Reply.array([.null, .integer(1)]).array == [.null, .integer(1)])
    #expect(Reply.array([]).array == [])
    for other in [Reply.null, .bytes([]), .integer(0), .status(""), Self.error] {
      #expect(other.array == nil)
    }
  }
}
