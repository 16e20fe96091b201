/// What hashes and sets have in common: both are fields of a key.
enum FieldCommands {
  /// HDEL and SREM.
  static func remove(_ context: CommandContext, _ kind: KeyKind) throws(CommandFailure) {
    guard let record = try context.record(1, kind) else { return context.reply.integer(0) }
    var removed = 0
    for name in context.words(from: 2)
    where try context.keyspace.removeField(of: record, name) {
      removed += 1
    }
    try context.removeIfEmpty(record)
    context.reply.integer(removed)
  }

  /// HEXISTS and SISMEMBER.
  static func contains(_ context: CommandContext, _ kind: KeyKind) throws(CommandFailure) {
    guard let record = try context.record(1, kind) else { return context.reply.integer(0) }
    context.reply.integer(try context.keyspace.hasField(of: record, context[2]) ? 1 : 0)
  }

  /// HLEN and SCARD.
  static func count(_ context: CommandContext, _ kind: KeyKind) throws(CommandFailure) {
    context.reply.integer(try context.record(1, kind)?.count ?? 0)
  }
}
