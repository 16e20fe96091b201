import CIrminsulLuaBridge

/// Which words of a command are keys.
enum CommandKeys {
  /// Commands that may be called without a key, though they take some.
  static let mayDoWithout: Set<String> = [
    "eval", "eval_ro", "evalsha", "evalsha_ro", "fcall", "fcall_ro",
  ]

  /// The subcommands that take a key, which is the word after them.
  private static let containers: [String: [StaticString]] = [
    "memory": ["USAGE"],
    "object": ["ENCODING", "FREQ", "IDLETIME", "REFCOUNT"],
    "xgroup": ["CREATE", "CREATECONSUMER", "DELCONSUMER", "DESTROY", "SETID"],
    "xinfo": ["CONSUMERS", "GROUPS", "STREAM"],
  ]

  /// Whether a command takes keys at all.
  static func mayHave(
    _ entry: CatalogueEntry, _ words: UnsafePointer<irminsul_slice>, _ count: Int
  ) -> Bool {
    if let subcommands = containers[entry.name] {
      return count > 1 && subcommands.contains { words[1].isWord($0) }
    }
    return entry.hasMovableKeys || entry.firstKey > 0
  }

  static func positions(
    of entry: CatalogueEntry, _ words: UnsafePointer<irminsul_slice>, _ count: Int
  ) -> [Int] {
    if let subcommands = containers[entry.name] {
      let isKnown = count > 2 && subcommands.contains { words[1].isWord($0) }
      return isKnown ? [2] : []
    }
    if entry.hasMovableKeys { return movable(entry.name, words, count) }
    guard entry.firstKey > 0 else { return [] }
    let last = entry.lastKey < 0 ? count + entry.lastKey : entry.lastKey
    guard entry.firstKey <= last else { return [] }
    return Array(stride(from: entry.firstKey, through: min(last, count - 1), by: entry.keyStep))
  }

  private static func movable(
    _ name: String, _ words: UnsafePointer<irminsul_slice>, _ count: Int
  ) -> [Int] {
    func counted(_ index: Int) -> [Int] {
      guard index < count, let number = words[index].integer, number > 0 else { return [] }
      let end = min(Int64(count), Int64(index + 1) + min(number, Int64(count)))
      return Array(index + 1..<Int(end))
    }
    func index(of word: StaticString) -> Int? { (1..<count).first { words[$0].isWord(word) } }
    switch name {
    case "zunionstore", "zinterstore", "zdiffstore": return [1] + counted(2)
    case "blmpop", "bzmpop", "eval", "eval_ro", "evalsha", "evalsha_ro", "fcall", "fcall_ro":
      return counted(2)
    case "georadius", "georadiusbymember":
      guard let store = index(of: "STORE") ?? index(of: "STOREDIST"), store + 1 < count else {
        return [1]
      }
      return [1, store + 1]
    case "migrate": return count > 3 ? [3] : []
    case "xread", "xreadgroup":
      guard let streams = index(of: "STREAMS") else { return [] }
      return Array(streams + 1..<streams + 1 + (count - streams - 1) / 2)
    case "sort", "sort_ro":
      guard let store = index(of: "STORE"), store + 1 < count else { return [1] }
      return [1, store + 1]
    default: return counted(1)
    }
  }
}

/// The slots of a cluster.
///
/// Source: https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/
enum KeySlot {
  static func of(_ key: ByteView) -> UInt16 {
    let buffer = key.buffer
    var hashed = buffer[...]
    if let open = buffer.firstIndex(of: 0x7b),
      let close = buffer[(open + 1)...].firstIndex(of: 0x7d), close > open + 1
    {
      hashed = buffer[(open + 1)..<close]
    }
    var crc: UInt16 = 0
    for byte in hashed {
      crc ^= UInt16(byte) << 8
      for _ in 0..<8 { crc = crc & 0x8000 == 0 ? crc << 1 : crc << 1 ^ 0x1021 }
    }
    return crc % 16384
  }
}
