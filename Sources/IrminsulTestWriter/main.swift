import Foundation
import Irminsul

// A process that writes, for tests that kill it or run several of it. It prints what the store has acknowledged, when
// and only when it has.
// Usage: IrminsulTestWriter URL BRANCH FOLDER COUNT       commits as fast as it can; prints ids
//        IrminsulTestWriter storm URL NUMBER OF ROUNDS SECONDS   edits and merges branches; prints paths

let arguments = Array(CommandLine.arguments.dropFirst())
do {
  if arguments.first == "storm", arguments.count == 6, let number = Int(arguments[2]),
    let count = Int(arguments[3]), let rounds = Int(arguments[4]), let seconds = Int(arguments[5])
  {
    let repository = try await Repository.open(arguments[1])
    let writer = try StormWriter(repository, number: number, of: count)
    try await writer.run(rounds: rounds, for: .seconds(seconds))
    await repository.close()
  } else if arguments.count == 4, let count = Int(arguments[3]) {
    let repository = try await Repository.open(arguments[0])
    let branch = repository.branch(arguments[1])
    for number in 0..<count {
      let result = try await branch.set(
        Path("\(arguments[2])/\(number)"), to: "\(arguments[2]) \(number)", "Write \(number)")
      if let commit = result.commit { StormWriter.tell(commit.id.hex) }
    }
    await repository.close()
  } else {
    FileHandle.standardError.write(Data("usage: IrminsulTestWriter URL BRANCH FOLDER COUNT\n".utf8))
    exit(64)
  }
} catch {
  FileHandle.standardError.write(Data("\(error)\n".utf8))
  exit(1)
}
