#if File
  import Dispatch
  import GRDB
  import GRDBSQLite
  import RedisScripting

  /// One connection with its interpreter, on a queue of its own: what waits, for others or for the disk, stays off the
  /// threads that run Swift's tasks. What waits for neither runs where it is called, as waking another thread and coming
  /// back takes a good part of the time of a commit.
  final class FileLane: Sendable {
    /// Has opened the connection, and closes it. Nothing else goes by way of it: it would find the transaction of a call
    /// that runs where it was called, and end the process.
    private let database: DatabaseQueue
    private let queue: DispatchQueue
    /// nil when closed. Nobody waits for the lock but the queue.
    private let work: Locked<Work?>
    /// Calls that run or are queued.
    private let pending = Locked(0)
    /// Whether a call waits for the disk only when another process writes.
    private let mayRunAtOnce: Bool
    /// Of the lane that writes.
    private let checkpointer: FileCheckpointer?

    init(
      _ opening: FileOpening, isReader: Bool, configuration: EmbeddedConfiguration
    ) throws(HostError) {
      database = isReader ? try opening.openReader() : try opening.openWriter()
      queue = DispatchQueue(label: isReader ? "irminsul.reader" : "irminsul.writer")
      mayRunAtOnce = isReader || configuration.durability == .normal
      let connection: FileConnection
      do throws(CommandFailure) {
        connection = try FileConnection(database, busyTimeout: configuration.busyTimeout)
      } catch {
        throw opening.hostError(error)
      }
      checkpointer = isReader ? nil : FileCheckpointer(opening)
      if !isReader { connection.watchLog() }
      let log =
        !isReader && configuration.durability == .normal
        ? LogWriter.install(on: connection.sqlite) : nil
      let keyspace = FileKeyspace(connection: connection)
      let session = try ScriptSession(
        keyspace: keyspace, configuration: configuration, location: opening.location)
      work = Locked(
        Work(
          isReader: isReader, file: FileIdentity(of: opening.path), keyspace: keyspace,
          session: session, checkpointer: checkpointer, log: log))
    }

    /// Runs a call in a transaction of its own; what fails is rolled back.
    func run(_ call: HostCall) async -> (outcome: ScriptSession.Outcome, appended: Bool) {
      let isFirst = pending.withLock { pending in
        pending += 1
        return pending == 1
      }
      defer { pending.withLock { $0 -= 1 } }
      if mayRunAtOnce, isFirst, let done = perform(call, waits: false) { return done }
      return await withCheckedContinuation { continuation in
        queue.async {
          let closed = ScriptSession.Outcome.storageFailed(
            reason: "the file is closed", remedy: "Open it again.")
          continuation.resume(returning: self.perform(call, waits: true) ?? (closed, false))
        }
      }
    }

    /// Nil when the file is closed, or when there is something to wait for that shall not be waited for.
    private func perform(
      _ call: HostCall, waits: Bool
    ) -> (outcome: ScriptSession.Outcome, appended: Bool)? {
      work.withLock { work in
        guard let outcome = work?.perform(call, waits: waits), let session = work?.session else {
          return nil
        }
        return (outcome, session.didAppendToStream)
      }
    }

    /// The number that changes when another connection has written; nil when it cannot be read.
    func dataVersion() async -> Int64? {
      await withCheckedContinuation { continuation in
        queue.async {
          continuation.resume(
            returning: self.work.withLock { work in try? work?.readDataVersion() })
        }
      }
    }

    /// Closes the connection after the work that is queued.
    func close() async {
      await withCheckedContinuation { continuation in
        queue.async {
          self.work.withLock { work in
            // The session ends before its connection.
            let connection = work?.keyspace.connection
            work = nil
            connection?.finalize()
          }
          continuation.resume()
        }
      }
      await checkpointer?.close()
      // What can fail here is only the checkpoint of the last connection; the log is kept then.
      try? database.close()
    }

    /// The interpreter and the data that it works on.
    private struct Work {
      let isReader: Bool
      let file: FileIdentity
      let keyspace: FileKeyspace
      let session: ScriptSession
      let checkpointer: FileCheckpointer?
      let log: LogWriter?
      /// Whether the checkpointer has begun since the log did.
      var hasStarted = false
      /// Of the file as the records of the keyspace know it; 0 when they are to be read again.
      var version: UInt32 = 0

      func readDataVersion() throws(CommandFailure) -> Int64? {
        try file.check()
        let statement = try keyspace.connection.prepare(.dataVersion)
        defer { statement.reset() }
        return try statement.step() ? statement.integer(0) : nil
      }

      /// Keeps the log bounded, after a commit.
      private mutating func shortenLog() {
        let pages = keyspace.connection.takeLogPages()
        if pages < FileCheckpointer.firstPages {
          hasStarted = false
        } else if pages >= FileCheckpointer.mostPages {
          // The commit stands, whatever comes of this: with a full disk the next one says so.
          try? keyspace.connection.checkpoint()
        } else if !hasStarted {
          hasStarted = true
          checkpointer?.start()
        }
      }

      /// Nil when another process writes and that shall not be waited for.
      mutating func perform(_ call: HostCall, waits: Bool) -> ScriptSession.Outcome? {
        let connection = keyspace.connection
        defer { log?.end() }
        do throws(CommandFailure) {
          try file.check()
          if isReader {
            try connection.run(.beginRead)
          } else if try !connection.beginWrite(waits: waits) {
            return nil
          }
          log?.begin()
          // A reader's transaction begins only with what it reads first.
          if isReader || version == 0 || version != connection.dataVersion { keyspace.forget() }
          version = 0
          let outcome = session.run(call)
          if case .done = outcome {
            try keyspace.flush()
            try connection.run(.commit)
            version = connection.dataVersion
            keyspace.tidy()
            shortenLog()
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
      // Nobody observes by way of GRDB, whose hooks are for calls on its queue only.
      sqlite3_commit_hook(sqlite, nil, nil)
      sqlite3_rollback_hook(sqlite, nil, nil)
      self.init(sqlite: sqlite, busyTimeout: busyTimeout)
    }
  }
#endif
