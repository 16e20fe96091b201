/// One thing that a writer does to the store: as it is recorded before it is done, so that it can be
/// done again by another process, and checked afterwards.
enum StoreOperation: Codable, Sendable, Equatable {
  /// Puts a value at a path that no other writer writes.
  case set(path: String, value: String)
  /// Adds to a counter that everybody adds to.
  case increment(path: String, amount: Int64)
  /// Adds a line to a set.
  case insert(path: String, line: String)
  /// Adds a line to the end of a log.
  case append(path: String, line: String)
  /// Replaces values that the writer has read, if they still are what they were.
  case exchange([Exchange])
  /// Moves an amount from one account to another in a transaction that reads both.
  case transfer(from: String, to: String, amount: Int64)
  /// Puts a value at a path of every branch, by one commit of all of them.
  case setEverywhere(path: String, value: String)

  struct Exchange: Codable, Sendable, Equatable {
    var path: String
    var expected: String
    var value: String
  }

  /// The branch of everything that concerns one branch only.
  static let mainBranch = "main"
  /// The branches of ``setEverywhere(path:value:)``.
  static let branches = ["main", "left", "right"]
  static let accounts = (0..<6).map { "accounts/\($0)" }
  static let flags = (0..<3).map { "flags/\($0)" }
  static let counters = (0..<4).map { "counters/\($0)" }
  /// What each account has at the start.
  static let startingBalance = 1000

  /// The values that the operations above rely on.
  static var startingValues: [String: String] {
    var values: [String: String] = [:]
    for account in accounts { values[account] = "\(startingBalance)" }
    for flag in flags { values[flag] = "off" }
    return values
  }

  /// The branches on which it makes a commit.
  var branches: [String] {
    if case .setEverywhere = self { Self.branches } else { [Self.mainBranch] }
  }

  /// The message of its commits.
  static func message(_ id: OperationID) -> String { "operation \(id)" }

  /// The operation that a message names; nil for a message of another kind.
  static func id(inMessage message: String) -> OperationID? {
    let prefix = "operation "
    guard message.hasPrefix(prefix) else { return nil }
    return OperationID(message.dropFirst(prefix.count).prefix { !$0.isNewline })
  }
}

extension StoreOperation: CustomStringConvertible {
  var description: String {
    switch self {
    case .set(let path, _): "set \(path)"
    case .increment(let path, let amount): "increment \(path) by \(amount)"
    case .insert(let path, _): "insert into \(path)"
    case .append(let path, _): "append to \(path)"
    case .exchange(let parts): "exchange " + parts.map(\.path).joined(separator: " and ")
    case .transfer(let from, let to, let amount): "transfer \(amount) from \(from) to \(to)"
    case .setEverywhere(let path, _): "set \(path) everywhere"
    }
  }
}
