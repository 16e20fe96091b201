#if Redis
  import CIrminsulHiredis
  import NIOCore
  import RedisScripting

  typealias CallResult = Result<Reply, HostError>

  /// One command on its way: its bytes as they go over the wire, and who waits for the reply.
  final class Call: Sendable, QueuedCall {
    // Unsafe to the compiler, as every pointer is: hiredis' memory, written by `init`, freed by `deinit`,
    // and only read in between.
    nonisolated(unsafe) let bytes: UnsafeRawBufferPointer
    /// What the mailbox was asked to keep free for it.
    let cost: Int
    let deadline: NIODeadline
    let connectionDeadline: NIODeadline
    let patience: CallPatience
    private let waiting = Locked<CheckedContinuation<CallResult, Never>?>(nil)

    /// Formats a command.
    ///
    /// - Returns: nil when there is no memory for it.
    init?(
      _ arguments: [Bytes], cost: Int, deadline: NIODeadline, connectionDeadline: NIODeadline,
      patience: CallPatience
    ) {
      guard let bytes = formatCommand(arguments) else { return nil }
      self.bytes = bytes
      self.cost = cost
      self.deadline = deadline
      self.connectionDeadline = connectionDeadline
      self.patience = patience
    }

    deinit {
      freeCommand(bytes)
    }

    /// Notes who waits for the reply.
    func wait(_ continuation: CheckedContinuation<CallResult, Never>) {
      waiting.withLock { $0 = continuation }
    }

    /// Gives whoever waits the result; the first time only.
    func finish(_ result: CallResult) {
      let continuation = waiting.withLock { waiting in
        defer { waiting = nil }
        return waiting
      }
      continuation?.resume(returning: result)
    }
  }

  func freeCommand(_ bytes: UnsafeRawBufferPointer) {
    redisFreeCommand(
      UnsafeMutableRawPointer(mutating: bytes.baseAddress)?.assumingMemoryBound(to: CChar.self))
  }

  /// The bytes of a command as hiredis writes them, to be freed by ``freeCommand(_:)``.
  func formatCommand(_ arguments: [Bytes]) -> UnsafeRawBufferPointer? {
    // Small arguments are gathered in one buffer; large ones stay where they are, and each of them
    // costs a stack frame, which their size keeps few.
    let small = 1 << 20
    var gathered: [UInt8] = []
    gathered.reserveCapacity(
      arguments.reduce(0) { $1.count < small ? $0 + $1.count : $0 })
    for argument in arguments where argument.count < small { gathered += argument }
    var pointers: [UnsafePointer<CChar>?] = []
    pointers.reserveCapacity(arguments.count)
    let lengths = arguments.map(\.count)

    func format(from index: Int, _ offset: Int, _ base: UnsafeRawPointer?)
      -> UnsafeRawBufferPointer?
    {
      var offset = offset
      for position in index..<arguments.count {
        let argument = arguments[position]
        guard argument.count >= small else {
          pointers.append((base.map { $0 + offset })?.assumingMemoryBound(to: CChar.self))
          offset += argument.count
          continue
        }
        return argument.withUnsafeBytes { bytes in
          pointers.append(bytes.baseAddress?.assumingMemoryBound(to: CChar.self))
          return format(from: position + 1, offset, base)
        }
      }
      var target: UnsafeMutablePointer<CChar>?
      let length = Int(
        redisFormatCommandArgv(&target, numericCast(arguments.count), &pointers, lengths))
      guard length >= 0, let target else { return nil }
      return UnsafeRawBufferPointer(start: target, count: length)
    }
    // hiredis copies from the pointer even when there is nothing to copy: never give it a null one.
    if gathered.isEmpty { gathered.append(0) }
    return gathered.withUnsafeBytes { format(from: 0, 0, $0.baseAddress) }
  }
#endif
