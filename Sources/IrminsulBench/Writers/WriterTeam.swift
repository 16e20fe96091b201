/// The writers or readers of one process, by one method.
protocol WriterTeam: Sendable {
  /// Lets all of them work until the round is over, and waits for the last.
  func run(_ round: Round) async throws -> WriterTally

  func close() async
}

extension WorkerPlan {
  /// Those that a plan asks for, connected and ready.
  func team() async throws -> any WriterTeam {
    switch activity {
    case .read(let method): try await Readers(self, method)
    case .write(let method, let layout) where method == .irminsul || method == .sha256:
      try await IrminsulWriters(self, method, layout)
    case .write(let method, let layout):
      switch method {
      case .scriptLimit, .emptyLimit, .setLimit: try await PreparedWriters(self, method, layout)
      case .reference, .document, .cas, .irminsul, .sha256: try PeerWriters(self, method, layout)
      }
    }
  }
}
