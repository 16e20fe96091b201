import Foundation
import Irminsul

/// Everything that the records say of one operation.
struct RecordedOperation: Sendable {
  /// What the writers know of it.
  enum Outcome: String, Sendable {
    case acknowledged
    /// The library has said that it was not done.
    case refused
    case unknown
  }

  let id: OperationID
  let operation: StoreOperation
  /// The token as the writer gave it; nil when the library chose its own.
  let token: RequestToken?
  /// File and line of its first attempt.
  let place: String
  /// The answer of each attempt; nil where none was recorded.
  var answers: [RecordLine.Answer?]

  var outcome: Outcome {
    if commits != nil { return .acknowledged }
    var isSettled = true
    for answer in answers {
      switch answer {
      case .refused: return .refused
      case .notDone: break
      case nil, .lost, .unexpected, .acknowledged: isSettled = false
      }
    }
    return isSettled ? .refused : .unknown
  }

  /// The commits that were acknowledged; nil without an acknowledgement.
  var commits: [RecordLine.CommitPlace]? {
    for case .acknowledged(let commits) in answers { return commits }
    return nil
  }

  /// What the library said that it should not have said.
  var unexpectedErrors: [String] {
    answers.compactMap { if case .unexpected(let error) = $0 { error } else { nil } }
  }

  /// Who, what and where, for messages.
  var description: String {
    let token = token.flatMap(Self.hexadecimal).map { "token \($0)" } ?? "the library's own token"
    return "operation \(id) (\(operation)), \(token), \(id.writerName), record \(place)"
  }

  /// The token's bytes as the server keeps them.
  private static func hexadecimal(_ token: RequestToken) -> String? {
    struct Fields: Decodable { var bytes: [UInt8] }
    guard let text = try? JSONLine.text(token),
      let fields = try? JSONDecoder().decode(Fields.self, from: Data(text.utf8))
    else { return nil }
    return fields.bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }
}
