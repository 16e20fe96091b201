import Foundation
import Irminsul

/// Runs other programs to their end.
enum ChildProcess {
  /// What a program prints.
  ///
  /// - Throws: ``Failure`` when it is not there or fails.
  static func output(
    of program: String, _ arguments: [String], in folder: String? = nil, input: [UInt8]? = nil
  ) throws -> [UInt8] {
    let process = Process()
    let output = Pipe()
    let inputPipe = input.map { _ in Pipe() }
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    if let inputPipe {
      process.standardInput = inputPipe
    } else {
      process.standardInput = FileHandle.nullDevice
    }
    do {
      try process.run()
    } catch {
      throw Failure(.unreachable, "cannot run \(program): \(SystemReason.text(of: error))")
    }
    if let inputPipe, let input {
      try? inputPipe.fileHandleForWriting.write(contentsOf: Data(input))
      try? inputPipe.fileHandleForWriting.close()
    }
    let bytes = [UInt8](output.fileHandleForReading.readDataToEndOfFile())
    process.waitUntilExit()
    guard process.terminationReason == .exit, process.terminationStatus == 0 else {
      throw Failure(
        .io, "\(program) \(arguments.first ?? "") failed with status \(process.terminationStatus)")
    }
    return bytes
  }
}
