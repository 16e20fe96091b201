/// What a server answers, as RESP2 has it.
///
/// Source: https://redis.io/docs/latest/develop/reference/protocol-spec/
public enum Reply: Sendable, Hashable {
  /// A simple string such as `OK`.
  case status(String)
  /// A bulk string: any bytes.
  case bytes(Bytes)
  case integer(Int64)
  case array([Reply])
  /// A null bulk string or a null array.
  case null
  /// An error inside an array; a host throws one that is the whole reply.
  case error(ServerError)
}

extension Reply {
  /// The bytes of a bulk or simple string, else nil.
  public var bytes: Bytes? {
    switch self {
    case .bytes(let bytes): bytes
    case .status(let text): Bytes(text.utf8)
    default: nil
    }
  }

  /// The text of a bulk or simple string that is UTF-8, else nil.
  public var text: String? {
    bytes.flatMap { String(validating: $0, as: UTF8.self) }
  }

  /// The number of an integer reply, or of a string that is one.
  public var integer: Int64? {
    switch self {
    case .integer(let value): value
    case .bytes, .status: text.flatMap { Int64($0) }
    default: nil
    }
  }

  /// The elements of an array reply, else nil.
  public var array: [Reply]? {
    if case .array(let elements) = self { elements } else { nil }
  }
}
