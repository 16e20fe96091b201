#if File
  import GRDB
  import RedisScripting

  /// One connection with its interpreter, on a queue of its own: blocking work stays off the threads
  /// that run Swift's tasks.
  final class FileLane: Sendable {
    private let queue: DatabaseQueue
    /// Touched on the queue only, so that nobody waits for the lock; nil when closed.
    private let work: Locked<Work?>

    init(
      _ opening: FileOpening, isReader: Bool, configuration: EmbeddedConfiguration
    ) throws(HostError) {
      let queue = isReader ? try opening.openReader() : try opening.openWriter()
      self.queue = queue
      let connection: FileConnection
      do throws(CommandFailure) {
        connection = try FileConnection(queue, busyTimeout: configuration.busyTimeout)
      } catch {
        throw opening.hostError(error)
      }
      let keyspace = FileKeyspace(connection: connection)
      let session = try ScriptSession(
        keyspace: keyspace, configuration: configuration, location: opening.location)
      work = Locked(
        Work(
          isReader: isReader, file: FileIdentity(of: opening.path), keyspace: keyspace,
          session: session))
    }

    /// Runs a call in a transaction of its own; what fails is rolled back.
    func run(_ call: HostCall) async -> (outcome: ScriptSession.Outcome, appended: Bool) {
      await withCheckedContinuation { continuation in
        queue.asyncWriteWithoutTransaction { _ in
          continuation.resume(
            returning: self.work.withLock { work in
              guard let outcome = work?.perform(call), let session = work?.session else {
                let reason = "the file is closed"
                return (.storageFailed(reason: reason, remedy: "Open it again."), false)
              }
              return (outcome, session.didAppendToStream)
            })
        }
      }
    }

    /// The number that changes when another connection has written; nil when it cannot be read.
    func dataVersion() async -> Int64? {
      await withCheckedContinuation { continuation in
        queue.asyncWriteWithoutTransaction { _ in
          continuation.resume(
            returning: self.work.withLock { work in try? work?.readDataVersion() })
        }
      }
    }

    /// Closes the connection after the work that is queued.
    func close() async {
      await withCheckedContinuation { continuation in
        queue.asyncWriteWithoutTransaction { _ in
          self.work.withLock { work in
            // The session ends before its connection.
            let connection = work?.keyspace.connection
            work = nil
            connection?.finalize()
          }
          continuation.resume()
        }
      }
      // What can fail here is only the checkpoint of the last connection; the log is kept then.
      try? queue.close()
    }

    /// The interpreter and the data that it works on.
    private struct Work {
      let isReader: Bool
      let file: FileIdentity
      let keyspace: FileKeyspace
      let session: ScriptSession
      /// Of the file as the records of the keyspace know it; 0 when they are to be read again.
      var version: UInt32 = 0

      func readDataVersion() throws(CommandFailure) -> Int64? {
        try file.check()
        let statement = try keyspace.connection.prepare(.dataVersion)
        defer { statement.reset() }
        return try statement.step() ? statement.integer(0) : nil
      }

      mutating func perform(_ call: HostCall) -> ScriptSession.Outcome {
        let connection = keyspace.connection
        do throws(CommandFailure) {
          try file.check()
          try connection.run(isReader ? .beginRead : .beginWrite)
          // A reader's transaction begins only with what it reads first.
          if isReader || version == 0 || version != connection.dataVersion { keyspace.forget() }
          version = 0
          let outcome = session.run(call)
          if case .done = outcome {
            try keyspace.flush()
            try connection.run(.commit)
            version = connection.dataVersion
            keyspace.tidy()
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
