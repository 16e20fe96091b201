import CIrminsulLuaBridge
import RedisScripting

/// What a command may do, as far as the callers ask.
enum CommandNature {
  case reads
  case writes
  /// Neither; not allowed in a script.
  case administers
}

/// One command: its name in lower case, how many words it takes, and what it does.
///
/// A class, as it is looked up at each call of a script and has many parts.
final class CommandSpecification: Sendable {
  let name: String
  /// The exact number of words with the name; the least when negative. As in Redis' own table.
  let arity: Int
  let nature: CommandNature
  /// What Redis says of it.
  let entry: CatalogueEntry?
  /// Its subcommands, all that Redis has, by their names in lower case; nil when it has none.
  let subcommands: [String: CatalogueEntry]?
  let body: @Sendable (CommandContext) throws(CommandFailure) -> Void

  init(
    _ name: String, _ arity: Int, _ nature: CommandNature,
    _ body: @escaping @Sendable (CommandContext) throws(CommandFailure) -> Void
  ) {
    self.name = name
    self.arity = arity
    self.nature = nature
    let entry = CommandCatalogue.entries[name]
    self.entry = entry
    subcommands = CommandCatalogue.subcommands[name]
    self.body = body
  }

  func accepts(_ count: Int) -> Bool { arity >= 0 ? count == arity : count >= -arity }
}

/// Names to commands, looked up in any case and without an allocation.
struct CommandTable: Sendable {
  static let shared = CommandTable(
    KeyCommands.all + ExpiryCommands.all + StringCommands.all + BitCommands.all + HashCommands.all
      + SetCommands.all
      + SortedSetCommands.all + SortedSetAlgebra.all + ListCommands.all + StreamCommands.all
      + StreamGroupCommands.all + SortCommands.all + ServerCommands.all
      + CatalogueCommands.all)

  /// A name of up to 16 bytes in lower case.
  private struct Name: Equatable {
    var low: UInt64 = 0
    var high: UInt64 = 0

    init?(_ view: ByteView) {
      guard view.length <= 16 else { return nil }
      for index in 0..<view.length {
        var byte = view.bytes[index]
        if byte >= 0x41, byte <= 0x5a { byte += 0x20 }
        if index < 8 { low = low << 8 | UInt64(byte) } else { high = high << 8 | UInt64(byte) }
      }
    }

    /// Where a search begins in a table of 2^`bits` places.
    func place(bits: Int) -> Int {
      let mixed = (low ^ high &* 0x9e37_79b9_7f4a_7c15) &* 0xd6e8_feb8_6659_fd93
      return Int(mixed >> (64 - UInt64(bits)))
    }
  }

  /// All names, in order.
  var names: [String] { places.compactMap { $0?.command.name }.sorted() }

  /// Open addressing with linear probing, at most a quarter full.
  private let places: [(name: Name, command: CommandSpecification)?]
  private let bits: Int

  private init(_ specifications: [CommandSpecification]) {
    var bits = 4
    while specifications.count * 4 > 1 << bits { bits += 1 }
    var places = [(name: Name, command: CommandSpecification)?](repeating: nil, count: 1 << bits)
    for command in specifications {
      guard let name = Bytes(command.name.utf8).withView({ Name($0) }) else { continue }
      var place = name.place(bits: bits)
      while places[place] != nil { place = (place + 1) & (places.count - 1) }
      places[place] = (name, command)
    }
    self.places = places
    self.bits = bits
  }

  /// Whether a command is one of those that are refused when there is no memory left.
  static func grows(_ command: Command) -> Bool {
    command.arguments.first?.withView { shared[$0]?.entry?.grows } ?? false
  }

  subscript(view: ByteView) -> CommandSpecification? {
    guard let name = Name(view) else { return nil }
    var place = name.place(bits: bits)
    while let found = places[place] {
      if found.name == name { return found.command }
      place = (place + 1) & (places.count - 1)
    }
    return nil
  }
}

/// What a command works on: its words, the keyspace, and where the reply goes.
struct CommandContext {
  let words: UnsafePointer<irminsul_slice>
  let count: Int
  let keyspace: any Keyspace
  let reply: ReplyBuffer
  let session: ScriptSession

  /// Whether a script calls, whose mistakes Redis words differently.
  let isInScript: Bool

  /// Milliseconds since 1970, the same for all commands of a script.
  var now: Int64 { session.now }

  subscript(index: Int) -> ByteView { words[index] }

  /// The words from one position on.
  func words(from start: Int) -> UnsafeBufferPointer<irminsul_slice> {
    UnsafeBufferPointer(start: words + start, count: count - start)
  }

  /// The record of a key, if there is one of this kind.
  func record(_ index: Int, _ kind: KeyKind) throws(CommandFailure) -> KeyRecord? {
    guard let record = try keyspace.record(self[index]) else { return nil }
    guard record.kind == kind else { throw .wrongKind }
    return record
  }

  /// The record of a key, made if there is none.
  func recordOrNew(_ index: Int, _ kind: KeyKind) throws(CommandFailure) -> KeyRecord {
    if let record = try record(index, kind) { return record }
    return try keyspace.create(self[index], kind)
  }

  func removeIfEmpty(_ record: KeyRecord) throws(CommandFailure) {
    if record.count == 0 { try keyspace.remove(record) }
  }

  /// The number of a database, which there need not be.
  func databaseNumber(
    _ index: Int, orElse failure: CommandFailure? = nil
  ) throws(CommandFailure) -> Int {
    guard let number = self[index].integer else { throw failure ?? .notInteger }
    guard let number = Int32(exactly: number) else { throw failure ?? .noInt32 }
    return Int(number)
  }

  /// The keyspace of a database.
  func keyspace(ofDatabase number: Int) throws(CommandFailure) -> any Keyspace {
    guard let found = session.keyspace(ofDatabase: number) else { throw .noDatabase }
    return found
  }

  func integer(_ index: Int) throws(CommandFailure) -> Int64 {
    guard let value = self[index].integer else { throw .notInteger }
    return value
  }

  func wrongCount(_ name: String) -> CommandFailure {
    .reply("ERR wrong number of arguments for '\(name)' command")
  }

  func wrongSubcommandCount(_ container: String) -> CommandFailure {
    .reply(
      isInScript
        ? "ERR Wrong number of args calling Redis command from script"
        : "ERR wrong number of arguments for '\(container)|\(self[1].text.lowercased())' command")
  }

  func unknownSubcommand(_ container: String) -> CommandFailure {
    .reply(
      isInScript
        ? "ERR Unknown Redis command called from script"
        : "ERR unknown subcommand '\(self[1].text)'. Try \(container.uppercased()) HELP.")
  }

  /// The positions `start...stop` that Redis means in `count` elements, negative from the end.
  func range(_ start: Int64, _ stop: Int64, of count: Int) -> Range<Int> {
    let total = Int64(count)
    var low = start < 0 ? start &+ total : start
    var high = stop < 0 ? stop &+ total : stop
    if low < 0 { low = 0 }
    if high >= total { high = total - 1 }
    guard low <= high, low < total else { return 0..<0 }
    return Int(low)..<Int(high) + 1
  }
}
