#if Redis
  import RedisScripting

  /// The parts of a Redis URL, percent-decoded.
  ///
  /// Foundation's URL is not used because it hides which part it dislikes, and its errors would show
  /// passwords. No error here shows any of the URL but the names of query items.
  struct RedisURL {
    var scheme: String
    var user: String?
    var password: String?
    var host = ""
    var port: Int?
    var path = ""
    var items: [(name: String, value: String)] = []

    init(_ url: String) throws(HostError) {
      guard let colon = url.firstRange(of: "://") else {
        throw .invalidConfiguration(
          reason: "a Redis URL begins with redis://, rediss:// or redis+unix://")
      }
      scheme = url[..<colon.lowerBound].lowercased()
      let rest = url[colon.upperBound...]
      guard !rest.contains("#") else { throw Self.unencoded }
      let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
      let authority = rest[..<end]
      let question = rest[end...].firstIndex(of: "?")
      // A password with a bare "/" or "?" ends the authority too early; what follows is secret.
      guard authority.contains("@") || !rest[end...].contains("@") || scheme == "redis+unix"
      else { throw Self.unencoded }
      path = try Self.decode(rest[end..<(question ?? rest.endIndex)])
      try readAuthority(authority)
      if let question { try readQuery(rest[rest.index(after: question)...]) }
    }

    private mutating func readAuthority(_ authority: Substring) throws(HostError) {
      var address = authority
      if let at = authority.lastIndex(of: "@") {
        let account = authority[..<at]
        address = authority[authority.index(after: at)...]
        guard !account.contains("@") else { throw Self.unencoded }
        if let colon = account.firstIndex(of: ":") {
          user = try Self.decode(account[..<colon])
          password = try Self.decode(account[account.index(after: colon)...])
        } else {
          user = try Self.decode(account)
        }
      }
      var portText: Substring?
      if address.hasPrefix("[") {
        guard let bracket = address.firstIndex(of: "]") else {
          throw .invalidConfiguration(reason: "the IPv6 address of the Redis URL lacks its \"]\"")
        }
        host = try Self.decode(address[address.index(after: address.startIndex)..<bracket])
        let after = address[address.index(after: bracket)...]
        guard after.isEmpty || after.hasPrefix(":") else { throw Self.badPort }
        portText = after.isEmpty ? nil : after.dropFirst()
      } else {
        let pieces = address.split(separator: ":", omittingEmptySubsequences: false)
        guard pieces.count <= 2 else {
          throw .invalidConfiguration(
            reason: "an IPv6 address in a Redis URL stands in brackets: redis://[::1]:6379")
        }
        host = try Self.decode(pieces.first ?? "")
        portText = pieces.count == 2 ? pieces[1] : nil
      }
      if let portText, !portText.isEmpty {
        guard let number = Int(portText), (1...65_535).contains(number) else { throw Self.badPort }
        port = number
      }
    }

    private mutating func readQuery(_ query: Substring) throws(HostError) {
      for item in query.split(separator: "&") {
        let equals = item.firstIndex(of: "=") ?? item.endIndex
        let name = try Self.decode(item[..<equals])
        guard !items.contains(where: { $0.name == name }) else {
          throw .invalidConfiguration(reason: "the Redis URL has \"\(name)\" twice")
        }
        items.append((name, try Self.decode(item[equals...].dropFirst())))
      }
    }

    private static let unencoded = HostError.invalidConfiguration(
      reason: "the Redis URL cannot be read: in a user name or a password write "
        + "/ as %2F, ? as %3F, # as %23, @ as %40, : as %3A and % as %25")

    private static let badPort = HostError.invalidConfiguration(
      reason: "the port of the Redis URL must be a number from 1 to 65535 "
        + "(in a password write / as %2F, ? as %3F, # as %23, @ as %40)")

    private static func decode(_ text: Substring) throws(HostError) -> String {
      var bytes: [UInt8] = []
      var rest = text.utf8[...]
      while let byte = rest.popFirst() {
        guard byte == UInt8(ascii: "%") else {
          bytes.append(byte)
          continue
        }
        guard let high = rest.popFirst().flatMap(hexDigit),
          let low = rest.popFirst().flatMap(hexDigit)
        else {
          throw .invalidConfiguration(
            reason:
              "the Redis URL has a % that two hexadecimal digits do not follow: write % as %25")
        }
        bytes.append(high << 4 | low)
      }
      guard let decoded = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
        throw .invalidConfiguration(reason: "the Redis URL is not UTF-8 text after decoding")
      }
      return decoded
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
      default: nil
      }
    }
  }
#endif
