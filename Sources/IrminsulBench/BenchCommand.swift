import ArgumentParser
import Foundation
import Irminsul

/// The command `irminsul-bench`.
@main struct BenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "irminsul-bench",
    abstract: "Measures the store beside its peers, on this machine, in one run.",
    discussion: """
      Starts a Redis server of its own unless --store names one. Figures of one run can be compared \
      with each other; figures of different machines or hours cannot. The command faults measures \
      nothing: it checks what the store promises.
      """,
    subcommands: [
      ContentionCommand.self, SingleCommand.self, ReadCommand.self, ScaleCommand.self,
      MemoryCommand.self, ScriptsCommand.self,
      WideCommand.self, HistoryCommand.self, RemoteCommand.self, RetentionCommand.self,
      CollectCommand.self,
      FaultsCommand.self,
      WorkerCommand.self,
      CollectorCommand.self, GitCollectCommand.self,
      ProxyCommand.self,
      FaultWriterCommand.self,
    ],
    defaultSubcommand: ContentionCommand.self)

  static func main() async {
    signal(SIGPIPE, SIG_IGN)
    do {
      var command = try parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch {
      // What the parser of arguments throws has words and a code of its own.
      guard exitCode(for: error) == .failure, !(error is ExitCode) else { exit(withError: error) }
      // That may be closed as well.
      try? FileHandle.standardError.write(contentsOf: Data("irminsul-bench: \(error)\n".utf8))
      Foundation.exit(status(of: error).rawValue)
    }
  }

  private static func status(of error: any Error) -> BenchError.Status {
    switch error {
    case let error as BenchError: error.status
    case StoreError.badURL, StoreError.host(.invalidConfiguration): .usage
    case StoreError.host(.unreachable): .unreachable
    default: .failed
    }
  }
}
