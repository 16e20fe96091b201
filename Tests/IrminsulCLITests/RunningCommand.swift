import Foundation

/// A program that runs in a sandbox. Its streams are files, so that no side ever waits for the other.
final class RunningCommand {
  private let process = Process()
  private let files: [String]
  /// The ending, once it is there.
  private let ending: Task<Int32, Never>

  init(
    _ program: String, _ arguments: [String], in sandbox: Sandbox, folder: String?,
    input: [UInt8], environment: [String: String]
  ) throws {
    let name = "\(sandbox.root)/streams/\(UUID().uuidString)"
    files = ["in", "out", "err"].map { "\(name).\($0)" }
    for (file, bytes) in zip(files, [input, [], []]) {
      try Data(bytes).write(to: URL(filePath: file))
    }
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    process.currentDirectoryURL = URL(filePath: folder ?? sandbox.work)
    process.environment = sandbox.environment(adding: environment)
    let handles = [
      try FileHandle(forReadingFrom: URL(filePath: files[0])),
      try FileHandle(forWritingTo: URL(filePath: files[1])),
      try FileHandle(forWritingTo: URL(filePath: files[2])),
    ]
    process.standardInput = handles[0]
    process.standardOutput = handles[1]
    process.standardError = handles[2]
    let (statuses, continuation) = AsyncStream.makeStream(of: Int32.self)
    process.terminationHandler = { process in
      let isKilled = process.terminationReason == .uncaughtSignal
      continuation.yield(process.terminationStatus + (isKilled ? 128 : 0))
    }
    try process.run()
    // The child has its own. Foundation keeps these open for longer than the process lives.
    for handle in handles { try handle.close() }
    let identifier = process.processIdentifier
    ending = Task {
      // A command that hangs is a failure, and no reason to wait for ever.
      let limit = Task {
        try await Task.sleep(for: .seconds(120))
        kill(identifier, SIGKILL)
      }
      defer { limit.cancel() }
      for await status in statuses { return status }
      return -1
    }
  }

  deinit {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
  }

  /// What it has printed so far.
  var lines: [String] {
    let data = FileManager.default.contents(atPath: files[1]) ?? Data()
    return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// Whether it has printed so many lines, for which this waits a generous while.
  func printsLines(_ count: Int) async throws -> Bool {
    try await prints { $0.count >= count }
  }

  func prints(_ isEnough: ([String]) -> Bool) async throws -> Bool {
    let end = ContinuousClock.now + .seconds(30)
    while !isEnough(lines) {
      if ContinuousClock.now > end || !process.isRunning { return isEnough(lines) }
      try await Task.sleep(for: .milliseconds(5))
    }
    return true
  }

  func signal(_ number: Int32) {
    kill(process.processIdentifier, number)
  }

  /// What it has said on standard error so far.
  var errors: String {
    String(decoding: FileManager.default.contents(atPath: files[2]) ?? Data(), as: UTF8.self)
  }

  /// Waits for the end.
  func end() async -> Transcript {
    let status = await ending.value
    let contents = files.dropFirst().map {
      [UInt8](FileManager.default.contents(atPath: $0) ?? Data())
    }
    return Transcript(
      status: status, output: contents[0], errors: String(decoding: contents[1], as: UTF8.self))
  }
}
