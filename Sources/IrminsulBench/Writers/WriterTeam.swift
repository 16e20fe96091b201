/// The writers of one process, by one method.
protocol WriterTeam: Sendable {
  /// Lets all writers commit for a while, and waits until the last has ended.
  func run(_ round: Round) async throws -> WriterTally

  func close() async
}

/// A time in which writers write. What they write differs from round to round.
struct Round: Sendable {
  let number: Int
  let duration: Duration

  /// What a writer writes as its n-th value.
  func value(writer: Int, number: Int) -> String {
    "writer \(writer) round \(self.number) number \(number)"
  }
}

extension WorkerPlan {
  /// The writers that a plan asks for, connected and ready.
  func team() async throws -> any WriterTeam {
    switch method {
    case .irminsul: try await IrminsulWriters(self)
    case .reference, .document, .cas: try PeerWriters(self)
    case .scriptLimit, .emptyLimit, .setLimit: try await PreparedWriters(self)
    }
  }
}
