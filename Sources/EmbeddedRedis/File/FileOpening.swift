#if File
  import GRDB
  import GRDBSQLite
  import RedisScripting

  #if canImport(Darwin)
    import Darwin
  #else
    import Glibc
  #endif

  /// Opens connections to a store's file, after making sure that it is one.
  ///
  /// A file that turns out to be something else is left as it was.
  struct FileOpening {
    let path: String
    let mode: EmbeddedConfiguration.FileMode
    let busyTimeout: Duration
    let durability: EmbeddedConfiguration.Durability

    /// The files that this process has looked at, or opened by SQLite: they are not looked at again, because a process that
    /// closes any descriptor of a file gives up all locks that it holds on it, those of SQLite among them. Another process
    /// would then take itself for the last one, and remove the log that this one goes on to write into.
    ///
    /// Source: https://www.sqlite.org/howtocorrupt.html#posix_advisory_locks_canceled_by_a_separate_thread_doing_close_
    private static let looked = Locked<Set<FileIdentity.Place>>([])

    var location: String { "file:\(path)" }

    /// The connection that writes. Creates the tables in a new file.
    func openWriter() throws(HostError) -> DatabaseQueue {
      let queue = try Self.looked.withLock { (looked) throws(HostError) in
        try checkPlace(&looked)
        let queue = try open(isReader: false)
        // It may have been made just now.
        looked.insert(FileIdentity(of: path).place)
        return queue
      }
      do throws(CommandFailure) {
        try Self.onQueue(queue) { (database) throws(CommandFailure) in
          try setUp(FileConnection(database, busyTimeout: busyTimeout))
        }
      } catch {
        try? queue.close()
        throw hostError(error)
      }
      return queue
    }

    /// A connection for checkpoints alone. The writer's must be open.
    func openCheckpointer() throws(HostError) -> DatabaseQueue { try open(isReader: false) }

    /// A connection that only reads. The writer's must be open.
    func openReader() throws(HostError) -> DatabaseQueue { try open(isReader: true) }

    func hostError(_ failure: CommandFailure) -> HostError {
      switch failure {
      case .reply(let text): .storage(location: location, reason: text, remedy: "Check the file.")
      case .storage(let reason, let remedy):
        .storage(location: location, reason: reason, remedy: remedy)
      }
    }

    private func open(isReader: Bool) throws(HostError) -> DatabaseQueue {
      var configuration = Configuration()
      configuration.readonly = isReader
      configuration.busyMode = .timeout(Double(busyTimeout.wholeNanoseconds) / 1e9)
      configuration.label = isReader ? "irminsul.reader" : "irminsul.writer"
      do {
        return try DatabaseQueue(path: path, configuration: configuration)
      } catch let error as DatabaseError {
        let (reason, remedy) = FileFailure.explain(
          code: error.resultCode.rawValue, extended: error.extendedResultCode.rawValue,
          message: error.message ?? "", busyTimeout: busyTimeout)
        throw .storage(location: location, reason: reason, remedy: remedy)
      } catch {
        throw .storage(location: location, reason: "\(error)", remedy: "Check the file.")
      }
    }

    /// Calls `body` on the connection's queue, keeping the type of what it throws.
    private static func onQueue(
      _ queue: DatabaseQueue, _ body: (Database) throws(CommandFailure) -> Void
    ) throws(CommandFailure) {
      let failure = queue.inDatabase { database -> CommandFailure? in
        do throws(CommandFailure) {
          try body(database)
          return nil
        } catch {
          return error
        }
      }
      if let failure { throw failure }
    }

    // MARK: What is there

    /// Looks at the folder and at the first bytes of the file, without SQLite.
    private func checkPlace(_ looked: inout Set<FileIdentity.Place>) throws(HostError) {
      var status = stat()
      guard stat(path, &status) == 0 else {
        let code = errno
        guard code == ENOENT else {
          throw .storage(
            location: location, reason: String(cString: strerror(code)),
            remedy: "Check the path and its permissions.")
        }
        guard mode == .createIfMissing else {
          throw .storage(
            location: location, reason: "there is no such file",
            remedy: "Check the path, or create the store first.")
        }
        let folder = folderPath
        guard stat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
          throw .storage(
            location: location, reason: "there is no folder \(folder)",
            remedy: "Create the folder first.")
        }
        return
      }
      guard status.st_mode & S_IFMT == S_IFREG else {
        throw .storage(
          location: location, reason: "it is not a file", remedy: "Give the path of a file.")
      }
      guard status.st_size > 0, !looked.contains(FileIdentity(of: path).place) else { return }
      try checkHeader()
    }

    private var folderPath: String {
      guard let slash = path.lastIndex(of: "/") else { return "." }
      return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// SQLite's header tells whose file it is before SQLite opens, and perhaps recovers, it.
    ///
    /// Source: https://www.sqlite.org/fileformat2.html#the_database_header
    private func checkHeader() throws(HostError) {
      let descriptor = openForReading(path)
      guard descriptor >= 0 else {
        throw .storage(
          location: location, reason: String(cString: strerror(errno)),
          remedy: "Give this user permission to read and write the file.")
      }
      defer { _ = close(descriptor) }
      var header = Bytes(repeating: 0, count: 100)
      let count = read(descriptor, &header, header.count)
      guard count == header.count, header.starts(with: Bytes("SQLite format 3\0".utf8)) else {
        throw foreign("it is not an SQLite database")
      }
      let number = { (offset: Int) in
        header[offset..<offset + 4].reduce(Int32(0)) { $0 << 8 | Int32($1) }
      }
      let schemaCookie = number(40)
      let version = number(60)
      let application = number(68)
      // A file that was being created has neither schema nor id yet.
      if application == 0, schemaCookie == 0 { return }
      guard application == FileSchema.applicationID else {
        throw foreign("it is the SQLite database of another program")
      }
      guard version <= FileSchema.version else { throw newer(version) }
    }

    private func foreign(_ reason: String) -> HostError {
      .storage(
        location: location, reason: reason,
        remedy: "Nothing was changed. Give the path of a store, or of a new file.")
    }

    private func newer(_ version: Int32) -> HostError {
      .storage(
        location: location,
        reason:
          "its format \(version) is newer than \(FileSchema.version), which this program knows",
        remedy: "Nothing was changed. Use a newer version of this program.")
    }

    // MARK: Setting up

    private func setUp(_ connection: FileConnection) throws(CommandFailure) {
      if try connection.integer("PRAGMA application_id") != Int64(FileSchema.applicationID) {
        try connection.execute("PRAGMA journal_mode = WAL")
        try create(connection)
      }
      let version = try connection.integer("PRAGMA user_version")
      guard version == Int64(FileSchema.version) else {
        throw .storage(
          reason: "its format is \(version), this program knows \(FileSchema.version)",
          remedy: "Nothing was changed. Use a newer version of this program.")
      }
      try connection.execute(
        """
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = \(durability == .full ? "FULL" : "NORMAL");
        PRAGMA wal_autocheckpoint = 0;
        PRAGMA journal_size_limit = 67108864;
        PRAGMA cache_size = -8192;
        """)
      // Touches every table, so that a damaged schema shows now.
      for table in ["keys", "strings", "fields", "elements", "scores", "ranks", "entries"] {
        _ = try connection.integer("SELECT count(*) FROM (SELECT 1 FROM \(table) LIMIT 1)")
      }
    }

    /// Several processes may come here at once: the first one creates.
    private func create(_ connection: FileConnection) throws(CommandFailure) {
      try connection.run(.beginWrite)
      do throws(CommandFailure) {
        if try connection.integer("PRAGMA application_id") == 0 {
          guard try connection.integer("SELECT count(*) FROM sqlite_master") == 0 else {
            throw CommandFailure.storage(
              reason: "it is the SQLite database of another program",
              remedy: "Nothing was changed. Give the path of a store, or of a new file.")
          }
          try connection.execute(FileSchema.sql)
        }
        try connection.run(.commit)
      } catch {
        if connection.isInTransaction { try? connection.execute("ROLLBACK") }
        throw error
      }
      // The header must name us also for those who look without SQLite.
      try connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    }
  }

  // Outside of the type, whose own `open` would hide the system's.
  private func openForReading(_ path: String) -> Int32 { open(path, O_RDONLY | O_CLOEXEC) }
#endif
