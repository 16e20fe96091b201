#if File
  import RedisScripting

  /// Runs calls on one SQLite file: writers one after the other, readers beside them.
  final class FileEngine: HostEngine {
    /// Readers at once; further ones wait for a lane.
    private static let mostReaders = 4
    /// How often other processes' writes are looked for while somebody waits.
    private static let pollInterval = Duration.milliseconds(25)

    private struct State {
      var idleReaders: [FileLane] = []
      var openReaders = 0
      var waitingForReader: [CheckedContinuation<FileLane?, Never>] = []
      var running = 0
      var isClosed = false
      var closers: [CheckedContinuation<Void, Never>] = []
      var watchers = 0
      var poll: Task<Void, Never>?
    }

    let changes = ChangeSignal()
    private let opening: FileOpening
    private let configuration: EmbeddedConfiguration
    private let writer: FileLane
    private let state = Locked(State())

    init(_ opening: FileOpening, _ configuration: EmbeddedConfiguration) throws(HostError) {
      self.opening = opening
      self.configuration = configuration
      writer = try FileLane(opening, isReader: false, configuration: configuration)
    }

    func run(_ call: HostCall) async throws(HostError) -> ScriptSession.Outcome {
      try enter()
      defer { leave() }
      if call.access == .write {
        let (outcome, appended) = await writer.run(call)
        if appended, case .done = outcome { changes.fire() }
        return outcome
      }
      let reader = try await takeReader()
      let outcome = await reader.run(call).outcome
      putBack(reader)
      return outcome
    }

    func close() async {
      changes.close()
      let isFirst = state.withLock { state in
        defer { state.isClosed = true }
        return !state.isClosed
      }
      await withCheckedContinuation { continuation in
        let isQuiet = state.withLock { state in
          if state.running > 0 { state.closers.append(continuation) }
          return state.running == 0
        }
        if isQuiet { continuation.resume() }
      }
      guard isFirst else { return }
      let (readers, poll) = state.withLock { state in
        defer { state.idleReaders = [] }
        return (state.idleReaders, state.poll)
      }
      poll?.cancel()
      await poll?.value
      for reader in readers { await reader.close() }
      await writer.close()
    }

    // MARK: Calls that run

    private func enter() throws(HostError) {
      let isOpen = state.withLock { state in
        if !state.isClosed { state.running += 1 }
        return !state.isClosed
      }
      guard isOpen else { throw .closed(location: opening.location) }
    }

    private func leave() {
      let closers = state.withLock { state in
        state.running -= 1
        guard state.running == 0, state.isClosed else {
          return [CheckedContinuation<Void, Never>]()
        }
        defer { state.closers = [] }
        return state.closers
      }
      for closer in closers { closer.resume() }
    }

    private enum Admission {
      case lane(FileLane)
      case open
      case wait
    }

    private func takeReader() async throws(HostError) -> FileLane {
      while true {
        let admission: Admission = state.withLock { state in
          if let lane = state.idleReaders.popLast() { return .lane(lane) }
          guard state.openReaders < Self.mostReaders else { return .wait }
          state.openReaders += 1
          return .open
        }
        switch admission {
        case .lane(let lane): return lane
        case .open: return try openReader()
        case .wait:
          let lane = await withCheckedContinuation { continuation in
            let lane: FileLane?? = state.withLock { state in
              if let lane = state.idleReaders.popLast() { return .some(lane) }
              if state.openReaders < Self.mostReaders { return .some(nil) }
              state.waitingForReader.append(continuation)
              return nil
            }
            if let lane { continuation.resume(returning: lane) }
          }
          if let lane { return lane }
        }
      }
    }

    private func openReader() throws(HostError) -> FileLane {
      do {
        return try FileLane(opening, isReader: true, configuration: configuration)
      } catch {
        let waiting = state.withLock { state in
          state.openReaders -= 1
          return state.waitingForReader.popLast()
        }
        // Let the next one try.
        waiting?.resume(returning: nil)
        throw error
      }
    }

    private func putBack(_ reader: FileLane) {
      let waiting = state.withLock { state -> CheckedContinuation<FileLane?, Never>? in
        if !state.waitingForReader.isEmpty { return state.waitingForReader.removeFirst() }
        state.idleReaders.append(reader)
        return nil
      }
      waiting?.resume(returning: reader)
    }

    // MARK: Other processes' writes

    func beginWatching() {
      state.withLock { state in
        state.watchers += 1
        guard state.watchers == 1, !state.isClosed else { return }
        let before = state.poll
        state.poll = Task { [weak self] in
          await before?.value
          await self?.poll()
        }
      }
    }

    func endWatching() {
      state.withLock { state in
        state.watchers -= 1
        if state.watchers == 0 { state.poll?.cancel() }
      }
    }

    /// Looks for a new data version until it is cancelled. The connection is one that never writes,
    /// so this process's own writes count, too.
    private func poll() async {
      guard !Task.isCancelled,
        let lane = try? FileLane(opening, isReader: true, configuration: configuration)
      else { return }
      var last = await lane.dataVersion()
      // Something may have been written before the first look.
      changes.fire()
      while !Task.isCancelled {
        try? await Task.sleep(for: Self.pollInterval)
        let version = await lane.dataVersion()
        if version != last {
          last = version
          changes.fire()
        }
      }
      await lane.close()
    }
  }
#endif
