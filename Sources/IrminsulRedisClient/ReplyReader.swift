#if Redis
  import CIrminsulHiredis
  import RedisScripting

  /// Turns the bytes of one connection into replies, by hiredis.
  ///
  /// Not thread-safe: used on its connection's event loop.
  final class ReplyReader {
    enum Step {
      case reply(Reply)
      /// The bytes end before a reply does, or there are none.
      case incomplete
      /// What came is not RESP2.
      case invalid(String)
    }

    private let reader: UnsafeMutablePointer<redisReader>
    /// The first bytes of the connection, to tell what the peer speaks instead of RESP.
    private var opening: [UInt8] = []

    init?() {
      guard let reader = redisReaderCreate() else { return nil }
      self.reader = reader
    }

    deinit {
      redisReaderFree(reader)
    }

    /// Whether the bytes so far end inside a reply.
    var isInsideReply: Bool {
      reader.pointee.pos < reader.pointee.len || reader.pointee.ridx >= 0
    }

    /// Takes in bytes.
    ///
    /// - Returns: Whether there was memory for them.
    func feed(_ bytes: UnsafeRawBufferPointer) -> Bool {
      if opening.count < 8 { opening += bytes.prefix(8 - opening.count) }
      guard let base = bytes.baseAddress?.assumingMemoryBound(to: CChar.self) else { return true }
      return redisReaderFeed(reader, base, bytes.count) == REDIS_OK
    }

    func next() -> Step {
      var object: UnsafeMutableRawPointer?
      guard redisReaderGetReply(reader, &object) == REDIS_OK else { return .invalid(diagnosis) }
      guard let object else { return .incomplete }
      defer { freeReplyObject(object) }
      guard let reply = Self.convert(object.assumingMemoryBound(to: redisReply.self).pointee) else {
        return .invalid("it sent a reply of a type that RESP2 does not have")
      }
      return .reply(reply)
    }

    /// Whether the connection began with a TLS record.
    var looksLikeTLS: Bool {
      opening.count >= 2 && (0x14...0x17).contains(opening[0]) && opening[1] == 3
    }

    private var diagnosis: String {
      if looksLikeTLS { return "it sent a TLS record: the port expects TLS" }
      let beginning = String(decoding: opening, as: UTF8.self)
      if beginning.hasPrefix("HTTP/") { return "it answered as an HTTP server does" }
      let message = withUnsafeBytes(of: reader.pointee.errstr) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      return "it sent bytes that are not RESP (\(message))"
    }

    private static func convert(_ object: redisReply) -> Reply? {
      switch object.type {
      case REDIS_REPLY_STRING: .bytes(Bytes(content(object)))
      case REDIS_REPLY_STATUS: .status(String(decoding: content(object), as: UTF8.self))
      case REDIS_REPLY_ERROR:
        .error(ServerError(bytes: Bytes(content(object))))
      case REDIS_REPLY_INTEGER: .integer(object.integer)
      case REDIS_REPLY_NIL: .null
      case REDIS_REPLY_ARRAY: array(object).map(Reply.array)
      default: nil
      }
    }

    private static func array(_ object: redisReply) -> [Reply]? {
      var elements: [Reply] = []
      elements.reserveCapacity(Int(object.elements))
      for element in UnsafeBufferPointer(start: object.element, count: Int(object.elements)) {
        guard let element, let reply = convert(element.pointee) else { return nil }
        elements.append(reply)
      }
      return elements
    }

    private static func content(_ object: redisReply) -> UnsafeRawBufferPointer {
      UnsafeRawBufferPointer(start: object.str, count: object.str == nil ? 0 : Int(object.len))
    }
  }
#endif
