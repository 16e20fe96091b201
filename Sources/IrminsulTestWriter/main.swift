import Foundation
import Irminsul

// A process that commits as fast as it can, for tests that kill it or run several of it.
// Usage: IrminsulTestWriter URL BRANCH FOLDER COUNT
// Prints the id of each commit when, and only when, the store has acknowledged it.

let arguments = CommandLine.arguments
guard arguments.count == 5, let count = Int(arguments[4]) else {
  FileHandle.standardError.write(Data("usage: IrminsulTestWriter URL BRANCH FOLDER COUNT\n".utf8))
  exit(64)
}
do {
  let repository = try await Repository.open(arguments[1])
  let branch = repository.branch(arguments[2])
  for number in 0..<count {
    let result = try await branch.set(
      Path("\(arguments[3])/\(number)"), to: "\(arguments[3]) \(number)", "Write \(number)")
    if let commit = result.commit {
      FileHandle.standardOutput.write(Data("\(commit.id.hex)\n".utf8))
    }
  }
  await repository.close()
} catch {
  FileHandle.standardError.write(Data("\(error)\n".utf8))
  exit(1)
}
