import Irminsul

/// What a process that collects garbage says of its work, a line each.
enum CollectorEvent: Codable, Sendable {
  /// It has opened the store.
  case begun
  case collected(CollectionReport)
  /// It goes on. Whether faults that a run injects explain it.
  case failed(String, isOutage: Bool)
  /// Its input has ended, or its work. The most memory that it ever had, in bytes.
  case ended(peakBytes: Int)

  static func failure(_ error: any Error) -> CollectorEvent {
    let text = "\(error)".split(separator: "\n").first.map(String.init) ?? ""
    let isOutage: Bool
    switch error {
    case StoreError.host(.unreachable), StoreError.host(.notSent), StoreError.host(.answerLost):
      isOutage = true
    case StoreError.host(.refused(_, _, let refusal)): isOutage = refusal.code == "LOADING"
    case StoreError.host(.storage(_, let reason, _)):
      isOutage = reason.hasPrefix("another process")
    // Several cut the histories of a busy store, and the others were faster twenty times.
    case StoreError.tooManyAttempts: isOutage = true
    default: isOutage = false
    }
    return .failed(text, isOutage: isOutage)
  }
}
