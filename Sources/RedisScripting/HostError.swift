/// Why a host could not answer a call, and whether the call may have had an effect.
public enum HostError: Error, Sendable, Hashable {
  /// There is no connection: nothing was sent. `reason` says why, `remedy` what to do.
  case unreachable(location: String, reason: String, remedy: String)
  /// The call did not reach the server before its deadline or its cancellation: nothing was done.
  case notSent(location: String, reason: String)
  /// The call was sent, and no answer came: it may or may not have been done.
  case answerLost(location: String, reason: String)
  /// The server or the script refused; the server's rule is that nothing was done by that command.
  case refused(location: String, call: String, ServerError)
  /// The peer does not speak RESP as a Redis server does.
  case notRedis(location: String, reason: String)
  /// The server answers, but the store should not live there: an evicting, old or read-only server.
  case unsuitable(location: String, reason: String, remedy: String)
  /// The file, its folder or its contents cannot be used.
  case storage(location: String, reason: String, remedy: String)
  /// A value is larger than the host can hold.
  case tooLarge(location: String, bytes: Int, limit: Int)
  /// A URL or a setting that makes no sense. Never holds a password.
  case invalidConfiguration(reason: String)
  /// The host was closed.
  case closed(location: String)
}

extension HostError {
  /// Whether the call may have had an effect although it failed.
  public var mayHaveBeenDone: Bool {
    if case .answerLost = self { true } else { false }
  }
}

extension HostError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unreachable(let location, let reason, let remedy):
      "cannot reach \(location): \(reason)\n\(remedy)"
    case .notSent(let location, let reason):
      "not sent to \(location): \(reason)\nNothing was changed; try again."
    case .answerLost(let location, let reason):
      "no answer from \(location): \(reason)\nWhat was asked may or may not have been done."
    case .refused(let location, let call, let error):
      "\(location) refused \(call): \(error)" + (error.remedy.map { "\n\($0)" } ?? "")
    case .notRedis(let location, let reason):
      "\(location) does not answer as a Redis server: \(reason)\nCheck host, port and scheme."
    case .unsuitable(let location, let reason, let remedy):
      "\(location) is not fit for a store: \(reason)\n\(remedy)"
    case .storage(let location, let reason, let remedy):
      "cannot use \(location): \(reason)\n\(remedy)"
    case .tooLarge(let location, let bytes, let limit):
      "a value of \(bytes) bytes does not fit into \(location), which holds \(limit) bytes at most\n"
        + "Split the value into several paths."
    case .invalidConfiguration(let reason): reason
    case .closed(let location): "\(location) is closed"
    }
  }
}
