import Irminsul

/// One line of a process' record: that an attempt begins, written before its request is sent, or what
/// came of it.
struct RecordLine: Codable {
  var operation: OperationID
  /// Which attempt of this process, counted from 1.
  var attempt: Int
  /// What is to be done, on the line before an operation's first attempt.
  var intent: Intent?
  /// What came of the attempt; nil on the line before it.
  var answer: Answer?

  /// An operation, and the token that it is to have.
  struct Intent: Codable {
    var operation: StoreOperation
    /// nil: the library's own, which is a new one for each call.
    var token: RequestToken?
  }

  /// What a call of the library came to, as the library says.
  enum Answer: Codable, Equatable {
    /// Done: the commit of each of its branches.
    case acknowledged([CommitPlace])
    /// Not done, and it will not be: another writer was first.
    case refused(String)
    /// Not done by this attempt: there was no connection.
    case notDone(String)
    /// Done or not.
    case lost(String)
    /// An error that no fault explains.
    case unexpected(String)
  }

  /// A commit's id and its position in the store's log.
  struct CommitPlace: Codable, Equatable {
    var id: String
    var position: Int64
  }
}
