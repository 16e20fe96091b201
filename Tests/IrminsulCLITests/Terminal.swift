import Foundation

/// A terminal for a command to think that a person sits at.
enum Terminal {
  /// What a command prints on a terminal that is its standard output and its standard error.
  static func run(
    _ arguments: [String], in sandbox: Sandbox, environment: [String: String] = [:]
  ) async throws -> Transcript {
    var (primary, descriptor) = (Int32(-1), Int32(-1))
    guard openpty(&primary, &descriptor, nil, nil, nil) == 0 else { throw POSIXError(.ENOTTY) }
    let secondary = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    let process = Process()
    process.executableURL = URL(filePath: "\(Sandbox.programs)/irminsul")
    process.arguments = arguments
    process.currentDirectoryURL = URL(filePath: sandbox.work)
    process.environment = sandbox.environment(adding: environment)
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = secondary
    process.standardError = secondary
    let (statuses, statusContinuation) = AsyncStream.makeStream(of: Int32.self)
    process.terminationHandler = { process in
      statusContinuation.yield(process.terminationStatus)
      statusContinuation.finish()
    }
    try process.run()
    // From here on only the child has the terminal open: its end is the end of the output.
    try secondary.close()
    let (outputs, outputContinuation) = AsyncStream.makeStream(of: [UInt8].self)
    Thread.detachNewThread { [primary] in
      var bytes = [UInt8](repeating: 0, count: 4096)
      while true {
        let count = read(primary, &bytes, bytes.count)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { break }
        outputContinuation.yield(Array(bytes.prefix(count)))
      }
      close(primary)
      outputContinuation.finish()
    }
    let output = await outputs.reduce(into: [UInt8]()) { $0 += $1 }
    let status = await statuses.reduce(0) { $1 }
    return Transcript(status: status, output: output, errors: "")
  }
}
