import RedisScripting

/// A reply to FUNCTION, which readers of RESP3 get with maps and sets in it.
struct FunctionReply {
  private let reply: Reply
  private let shape: Shape

  private indirect enum Shape {
    case plain
    case set
    case each(Shape)
    /// Names and values in turn; of some names the shape of the value.
    case map([String: Shape])
  }

  init(_ reply: Reply, to command: Command) {
    self.reply = reply
    let words = command.arguments
    guard command.name == "FUNCTION" else {
      shape = .plain
      return
    }
    switch words.count > 1 ? String(decoding: words[1], as: UTF8.self).uppercased() : "" {
    case "LIST": shape = .each(.map(["functions": .each(.map(["flags": .set]))]))
    case "STATS": shape = .map(["engines": .map(["LUA": .map([:])]), "running_script": .plain])
    default: shape = .plain
    }
  }

  func encode(_ version: WireReply.Version) -> Bytes { Self.encode(reply, shape, version) }

  private static func encode(_ reply: Reply, _ shape: Shape, _ version: WireReply.Version) -> Bytes
  {
    guard let elements = reply.array else { return WireReply.encode(reply, version) }
    switch shape {
    case .plain: return WireReply.encode(reply, version)
    case .set:
      return elements.reduce(WireReply.set(elements.count, version)) {
        $0 + encode($1, .plain, version)
      }
    case .each(let inner):
      return elements.reduce(WireReply.array(elements.count)) { $0 + encode($1, inner, version) }
    case .map(let shapes):
      var output = WireReply.map(elements.count / 2, version)
      for index in stride(from: 0, to: elements.count - 1, by: 2) {
        output += WireReply.encode(elements[index], version)
        let shape = elements[index].text.flatMap { shapes[$0] } ?? .plain
        output += encode(elements[index + 1], shape, version)
      }
      return output
    }
  }
}
