import Dispatch
import Foundation
import RedisScripting

/// One git command that runs: its output is pulled and its input pushed in chunks, so that neither
/// side runs ahead of the other. It never outlives the task that it works for.
final class GitProcess: Sendable {
  /// What a command reads.
  enum Input: Sendable {
    case none
    /// These bytes, then the end.
    case bytes([UInt8])
    /// What ``GitProcess/write(_:)`` is given.
    case streamed
  }

  /// Bytes that one read asks for.
  static let chunkSize = 1 << 18
  /// Bytes of error messages that are kept.
  private static let messageSize = 4096
  /// One at a time: a child inherits what another one is just being given.
  private static let turn = Locked(())

  private let name: String
  private let process: SpawnedProcess
  private let input: BlockingFile?
  private let output: BlockingFile
  private let message = Arrival<String>()

  /// Runs a command and a body that works with it, and waits until both have ended.
  ///
  /// - Parameter folder: Where it runs, nil for here.
  /// - Throws: What the body throws, with the command ended first; else `GitError.failed` when the
  ///   command fails.
  static func run<Result: Sendable>(
    _ program: GitProgram, _ arguments: [String], in folder: String?,
    configuration: GitProgram.Configuration = .user, input: Input = .none,
    _ body: (GitProcess) async throws -> Result
  ) async throws -> Result {
    try Task.checkCancellation()
    let process = try GitProcess(
      program, arguments, in: folder, configuration: configuration, input: input)
    let result: Result
    do {
      result = try await withTaskCancellationHandler {
        if case .bytes(let bytes) = input {
          async let written: Void = process.feed(bytes)
          let result = try await body(process)
          try await written
          return result
        }
        return try await body(process)
      } onCancel: {
        process.terminate()
      }
    } catch {
      process.terminate()
      process.closeInput()
      process.output.close()
      _ = await process.process.ending.value
      throw error
    }
    process.closeInput()
    process.output.close()
    try await process.checkEnding()
    return result
  }

  /// Runs a command whose output is short, and answers that.
  ///
  /// - Parameter limit: More bytes of output are an error.
  static func output(
    of program: GitProgram, _ arguments: [String], in folder: String?,
    configuration: GitProgram.Configuration = .user, input: Input = .none, limit: Int = 1 << 30
  ) async throws -> [UInt8] {
    try await run(
      program, arguments, in: folder, configuration: configuration, input: input
    ) { process in
      var bytes: [UInt8] = []
      while true {
        let chunk = try await process.read()
        if chunk.isEmpty { return bytes }
        bytes += chunk
        guard bytes.count <= limit else {
          throw StoreError.git(
            .unexpectedOutput(command: process.name, reason: "more than \(limit) bytes"))
        }
      }
    }
  }

  private init(
    _ program: GitProgram, _ arguments: [String], in folder: String?,
    configuration: GitProgram.Configuration, input: Input
  ) throws {
    name = arguments.first { !$0.hasPrefix("-") } ?? ""
    let words = (folder.map { ["-C", $0] } ?? []) + arguments
    let outputPipe: Pipe
    let errorPipe: Pipe
    let inputPipe: Pipe?
    do {
      (process, inputPipe, outputPipe, errorPipe) = try Self.turn.withLock {
        _ throws(BlockingFile.Failure) in
        let outputPipe = Pipe()
        let errorPipe = Pipe()
        let inputPipe: Pipe?
        if case .none = input { inputPipe = nil } else { inputPipe = Pipe() }
        let process = try SpawnedProcess(
          program.path, words, environment: program.variables(configuration),
          SpawnedProcess.Streams(
            input: inputPipe?.fileHandleForReading.fileDescriptor,
            output: outputPipe.fileHandleForWriting.fileDescriptor,
            messages: errorPipe.fileHandleForWriting.fileDescriptor))
        return (process, inputPipe, outputPipe, errorPipe)
      }
    } catch {
      throw StoreError.git(.absent(reason: "\(error)"))
    }
    output = BlockingFile(outputPipe.fileHandleForReading)
    output.widen()
    self.input = inputPipe.map { BlockingFile($0.fileHandleForWriting) }
    // The ends that are the command's are closed here, so that their other ends see when it closes them.
    for handle in [
      inputPipe?.fileHandleForReading, outputPipe.fileHandleForWriting,
      errorPipe.fileHandleForWriting,
    ] {
      try? handle?.close()
    }
    Self.collect(errorPipe.fileHandleForReading, into: message)
  }

  /// The next bytes of the output; empty at its end.
  func read() async throws -> [UInt8] {
    let chunk: [UInt8]
    do {
      chunk = try await withTaskCancellationHandler {
        try await output.read(upTo: Self.chunkSize)
      } onCancel: {
        terminate()
      }
    } catch {
      throw StoreError.git(.unexpectedOutput(command: name, reason: "reading it: \(error)"))
    }
    // A command that was ended by a cancellation has an end of output, too.
    if chunk.isEmpty { try Task.checkCancellation() }
    return chunk
  }

  /// Gives the command more input, and waits until it has taken it. A command that has ended takes
  /// anything: its status says what is wrong.
  func write(_ bytes: [UInt8]) async throws {
    do {
      try await withTaskCancellationHandler {
        try await input?.write(bytes)
      } onCancel: {
        terminate()
      }
    } catch {
      guard (error as? BlockingFile.Failure)?.number == EPIPE else {
        throw StoreError.git(.unexpectedOutput(command: name, reason: "writing to it: \(error)"))
      }
      try Task.checkCancellation()
    }
  }

  /// Tells the command that there is no more input.
  func closeInput() {
    input?.close()
  }

  /// For an output that ends too early: throws the command's own failure if it has one.
  func throwEarlyEnd(_ reason: String) async throws -> Never {
    closeInput()
    try await checkEnding()
    throw StoreError.git(.unexpectedOutput(command: name, reason: reason))
  }

  private func feed(_ bytes: [UInt8]) async throws {
    try await write(bytes)
    closeInput()
  }

  /// Ends the command at once. What it may leave is in a folder of an export, which goes as a whole.
  private func terminate() { process.kill() }

  private func checkEnding() async throws {
    let ending = await process.ending.value
    if ending.status == 0, !ending.wasKilled { return }
    try Task.checkCancellation()
    let text = await message.value
    throw StoreError.git(
      .failed(
        command: name, status: ending.status,
        message: ending.wasKilled && text.isEmpty ? "ended by a signal" : text))
  }

  /// Reads error messages to their end, keeping the start of them.
  private static func collect(_ handle: FileHandle, into message: Arrival<String>) {
    let file = BlockingFile(handle)
    Task.detached {
      var kept: [UInt8] = []
      while let chunk = try? await file.read(upTo: messageSize), !chunk.isEmpty {
        kept += chunk.prefix(messageSize - kept.count)
      }
      file.close()
      message.arrive(
        String(decoding: kept, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
    }
  }
}
