/// Something that must not be, whatever the faults: a broken promise of the store.
struct Violation: Sendable, Equatable, CustomStringConvertible {
  enum Kind: String, Sendable, Codable, CaseIterable {
    /// An acknowledged operation is not in the history.
    case lost
    /// An operation is there twice.
    case duplicated
    /// An operation of which the library said that it was not done is there.
    case refusedButDone = "refused-but-done"
    /// An operation of several branches is on some of them only.
    case halfDone = "half-done"
    /// A commit is there that no record knows.
    case unasked
    /// The commit or the position of an acknowledgement is not the one in the store.
    case wrongAnswer = "wrong-answer"
    /// Operations that followed each other are in another order.
    case outOfOrder = "out-of-order"
    /// An exchange was made although something else was there.
    case staleExchange = "stale-exchange"
    /// A value is not what the history makes it.
    case wrongValue = "wrong-value"
    /// A counter is not between what was acknowledged and what may have been done.
    case counterOutOfBounds = "counter-out-of-bounds"
    /// The log does not tell what the branches are.
    case wrongLog = "wrong-log"
    /// A branch has lost more or less of its history than its retention says.
    case wrongCut = "wrong-cut"
    /// The verification has found a fault.
    case damaged
    /// The library has thrown what no fault explains.
    case unexpectedError = "unexpected-error"
    /// A call did not return.
    case hung
    /// A kind of fault that was on was never injected: nothing is proved for it.
    case notInjected = "not-injected"
    /// Fewer commits were acknowledged than were wanted.
    case unfinished
  }

  let kind: Kind
  /// Which commit, token, writer and record, for people.
  let text: String

  init(_ kind: Kind, _ text: String) {
    self.kind = kind
    self.text = text
  }

  var description: String { "\(kind.rawValue): \(text)" }
}
