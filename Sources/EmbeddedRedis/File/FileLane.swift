#if File
  import GRDB
  import RedisScripting

  /// One connection with its interpreter, on a queue of its own: blocking work stays off the threads
  /// that run Swift's tasks.
  final class FileLane: @unchecked Sendable {  // session and keyspace: touched on the queue only
    private let queue: DatabaseQueue
    private let isReader: Bool
    private let file: FileIdentity
    private var keyspace: FileKeyspace?
    private var session: ScriptSession?

    init(
      _ opening: FileOpening, isReader: Bool, configuration: EmbeddedConfiguration
    ) throws(HostError) {
      self.isReader = isReader
      let queue = isReader ? try opening.openReader() : try opening.openWriter()
      self.queue = queue
      file = FileIdentity(of: opening.path)
      do throws(CommandFailure) {
        let connection = try FileConnection(queue, busyTimeout: configuration.busyTimeout)
        let keyspace = FileKeyspace(connection: connection)
        self.keyspace = keyspace
      } catch {
        throw opening.hostError(error)
      }
      guard let keyspace else { return }
      session = try ScriptSession(
        keyspace: keyspace, configuration: configuration, location: opening.location)
    }

    /// Runs a call in a transaction of its own; what fails is rolled back.
    func run(_ call: HostCall) async -> (outcome: ScriptSession.Outcome, appended: Bool) {
      await withCheckedContinuation { continuation in
        queue.asyncWriteWithoutTransaction { _ in
          let outcome = self.perform(call)
          continuation.resume(returning: (outcome, self.session?.didAppendToStream ?? false))
        }
      }
    }

    /// The number that changes when another connection has written; nil when it cannot be read.
    func dataVersion() async -> Int64? {
      await withCheckedContinuation { continuation in
        queue.asyncWriteWithoutTransaction { _ in
          continuation.resume(returning: try? self.readDataVersion())
        }
      }
    }

    /// Closes the connection after the work that is queued.
    func close() async {
      await withCheckedContinuation { continuation in
        queue.asyncWriteWithoutTransaction { _ in
          self.session = nil
          self.keyspace?.connection.finalize()
          self.keyspace = nil
          continuation.resume()
        }
      }
      // What can fail here is only the checkpoint of the last connection; the log is kept then.
      try? queue.close()
    }

    private func readDataVersion() throws(CommandFailure) -> Int64? {
      try file.check()
      guard let statement = try keyspace?.connection.prepare(.dataVersion) else { return nil }
      defer { statement.reset() }
      return try statement.step() ? statement.integer(0) : nil
    }

    private func perform(_ call: HostCall) -> ScriptSession.Outcome {
      guard let keyspace, let session else {
        return .storageFailed(reason: "the file is closed", remedy: "Open it again.")
      }
      let connection = keyspace.connection
      do throws(CommandFailure) {
        try file.check()
        try connection.run(isReader ? .beginRead : .beginWrite)
        keyspace.forget()
        let outcome = session.run(call)
        if case .done = outcome {
          try keyspace.flush()
          try connection.run(.commit)
        } else if connection.isInTransaction {
          try connection.execute("ROLLBACK")
        }
        return outcome
      } catch {
        // SQLite may have rolled back by itself, as it does when the disk is full.
        if connection.isInTransaction { try? connection.execute("ROLLBACK") }
        switch error {
        case .reply(let text): return .failed(.error(ServerError(reply: text)))
        case .storage(let reason, let remedy):
          return .storageFailed(reason: reason, remedy: remedy)
        }
      }
    }
  }

  extension FileConnection {
    /// The connection of a queue. It outlives the access, but is used on the queue only.
    fileprivate convenience init(
      _ queue: DatabaseQueue, busyTimeout: Duration
    ) throws(CommandFailure) {
      let sqlite = queue.inDatabase { $0.sqliteConnection }
      guard let sqlite else {
        throw .storage(reason: "the database is closed", remedy: "Open the store again.")
      }
      self.init(sqlite: sqlite, busyTimeout: busyTimeout)
    }
  }
#endif
