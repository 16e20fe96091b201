import RedisScripting
import Testing

/// Entries of streams as XRANGE and XREAD answer them, and replies of other forms, which are none.
@Suite struct StreamEntryTests {
  private static func bytes(_ text: String) -> Reply { .bytes(Bytes(text.utf8)) }

  private static func entry(_ id: String, _ fields: Reply...) -> Reply {
    .array([bytes(id), .array(fields)])
  }

  @Test func anEntry() {
    let entry = StreamEntry(Self.entry("5-1", Self.bytes("ref"), .bytes([255, 0])))
    #expect(entry == StreamEntry(id: "5-1", fields: [Bytes("ref".utf8), [255, 0]]))
    #expect(StreamEntry(Self.entry("5-1"))?.fields == [])
  }

  @Test(arguments: [
    Reply.null, .array([]), .integer(1), bytes("5-1"), .array([bytes("5-1")]),
    .array([bytes("5-1"), .null]), .array([bytes("5-1"), .array([]), .null]),
    .array([.integer(5), .array([])]), .array([.bytes([0xFF]), .array([])]),
    entry("5-1", bytes("name without value")), entry("5-1", bytes("name"), .integer(1)),
    entry("5-1", bytes("name"), .null), entry("5-1", .array([]), .array([])),
    .array([.array([]), bytes("5-1")]), .error(ServerError(reply: "ERR no")),
  ])
  func noEntry(reply: Reply) {
    #expect(StreamEntry(reply) == nil)
  }

  private static func stream(_ entries: Reply...) -> Reply {
    .array([.array([bytes("{a}:log"), .array(entries)])])
  }

  @Test func theEntriesOfOneStream() {
    let (one, two) = (Self.entry("1-0", Self.bytes("a"), Self.bytes("b")), Self.entry("2-0"))
    let list = StreamEntry.list(xread: Self.stream(one, two))
    #expect(list?.map(\.id) == ["1-0", "2-0"])
    #expect(list?.first?.fields == [Bytes("a".utf8), Bytes("b".utf8)])
    #expect(StreamEntry.list(xread: Self.stream()) == [])
    #expect(StreamEntry.list(xread: .null) == [])
  }

  @Test(arguments: [
    Reply.array([]), .integer(0), bytes("OK"), .status("OK"), .array([.null]),
    .array([.array([bytes("{a}:log")])]), .array([.array([bytes("{a}:log"), .null])]),
    .array([.array([bytes("{a}:log"), .array([]), .null])]), stream(.null),
    stream(entry("1-0"), bytes("rubbish")), stream(entry("1-0", bytes("odd"))),
    .array([.array([bytes("a"), .array([])]), .array([bytes("b"), .array([])])]),
    .error(ServerError(reply: "ERR no")),
  ])
  func noList(reply: Reply) {
    #expect(StreamEntry.list(xread: reply) == nil)
  }
}
