/// One entry of a Redis stream.
public struct StreamEntry: Sendable, Hashable {
  /// `milliseconds-sequence`, as Redis prints it.
  public let id: String
  /// Names and values in turn.
  public let fields: [Bytes]

  public init(id: String, fields: [Bytes]) {
    self.id = id
    self.fields = fields
  }

  /// Reads one element of an XRANGE reply: `[id, [name, value, …]]`.
  public init?(_ reply: Reply) {
    guard let parts = reply.array, parts.count == 2, let id = parts[0].text,
      let values = parts[1].array
    else { return nil }
    let fields = values.compactMap(\.bytes)
    guard fields.count == values.count, fields.count.isMultiple(of: 2) else { return nil }
    self.init(id: id, fields: fields)
  }

  /// Reads the entries of one stream from an XREAD reply; a null reply has none.
  ///
  /// - Returns: nil when the reply has another form.
  public static func list(xread reply: Reply) -> [StreamEntry]? {
    if reply == .null { return [] }
    guard let streams = reply.array, streams.count == 1, let pair = streams[0].array,
      pair.count == 2, let entries = pair[1].array
    else { return nil }
    let list = entries.compactMap { StreamEntry($0) }
    return list.count == entries.count ? list : nil
  }
}
