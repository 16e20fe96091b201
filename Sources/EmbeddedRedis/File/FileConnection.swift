#if File
  import Foundation
  import GRDB
  import GRDBSQLite
  import RedisScripting

  /// One SQLite connection with its prepared statements; used by one thread at a time.
  ///
  /// GRDB opens the database and gives the queue. The statements go to SQLite itself: a script makes
  /// dozens of small ones, and values of megabytes should not be copied on their way.
  final class FileConnection {
    let sqlite: OpaquePointer
    private let busyTimeout: Duration
    /// The pages that the log had after the last commit here, which SQLite tells.
    private let logPages = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
    private var isFinalized = false
    private var statements = [OpaquePointer?](
      repeating: nil, count: FileStatement.allCases.count)

    init(sqlite: OpaquePointer, busyTimeout: Duration) {
      self.sqlite = sqlite
      self.busyTimeout = busyTimeout
      logPages.initialize(to: 0)
    }

    convenience init(_ database: Database, busyTimeout: Duration) throws(CommandFailure) {
      guard let sqlite = database.sqliteConnection else {
        throw .storage(reason: "the database is closed", remedy: "Open the store again.")
      }
      self.init(sqlite: sqlite, busyTimeout: busyTimeout)
    }

    deinit {
      finalize()
      logPages.deallocate()
    }

    /// Notes the pages of the log from now on.
    func watchLog() {
      sqlite3_wal_hook(
        sqlite,
        { context, _, _, pages in
          context?.assumingMemoryBound(to: Int32.self).pointee = pages
          return SQLITE_OK
        }, logPages)
    }

    /// The pages of the log after the last commit, since ``watchLog()`` or the last look.
    func takeLogPages() -> Int32 {
      defer { logPages.pointee = 0 }
      return logPages.pointee
    }

    /// Copies the log into the file, as far as readers allow.
    func checkpoint() throws(CommandFailure) {
      let code = sqlite3_wal_checkpoint_v2(sqlite, nil, SQLITE_CHECKPOINT_PASSIVE, nil, nil)
      // Another process is at it.
      guard code == SQLITE_OK || code == SQLITE_BUSY else { throw failure(code) }
    }

    /// Gives the statements back; SQLite closes a connection only then.
    func finalize() {
      guard !isFinalized else { return }
      isFinalized = true
      sqlite3_wal_hook(sqlite, nil, nil)
      for index in statements.indices {
        sqlite3_finalize(statements[index])
        statements[index] = nil
      }
    }

    func prepare(_ statement: FileStatement) throws(CommandFailure) -> PreparedStatement {
      if let prepared = statements[statement.rawValue] {
        return PreparedStatement(handle: prepared, connection: self)
      }
      var prepared: OpaquePointer?
      let code = sqlite3_prepare_v3(
        sqlite, statement.sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
      guard code == SQLITE_OK, let prepared else { throw failure(code) }
      statements[statement.rawValue] = prepared
      return PreparedStatement(handle: prepared, connection: self)
    }

    /// Runs a statement that has no parameters and no rows.
    func run(_ statement: FileStatement) throws(CommandFailure) {
      try prepare(statement).run()
    }

    /// Begins a transaction that writes. False when others write and it does not wait.
    func beginWrite(waits: Bool) throws(CommandFailure) -> Bool {
      if waits {
        try run(.beginWrite)
        return true
      }
      sqlite3_busy_timeout(sqlite, 0)
      defer {
        sqlite3_busy_timeout(sqlite, Int32(clamping: busyTimeout.wholeNanoseconds / 1_000_000))
      }
      let begin = try prepare(.beginWrite)
      defer { begin.reset() }
      let code = sqlite3_step(begin.handle)
      if code == SQLITE_BUSY { return false }
      guard code == SQLITE_DONE else { throw failure(code) }
      return true
    }

    /// Runs several statements of SQL text.
    func execute(_ sql: String) throws(CommandFailure) {
      let code = sqlite3_exec(sqlite, sql, nil, nil, nil)
      guard code == SQLITE_OK else { throw failure(code) }
    }

    /// The number that a query gives in its first row.
    func integer(_ sql: String) throws(CommandFailure) -> Int64 {
      var statement: OpaquePointer?
      defer { sqlite3_finalize(statement) }
      let code = sqlite3_prepare_v2(sqlite, sql, -1, &statement, nil)
      guard code == SQLITE_OK, let statement else { throw failure(code) }
      let result = sqlite3_step(statement)
      guard result == SQLITE_ROW else { throw failure(result) }
      return sqlite3_column_int64(statement, 0)
    }

    var isInTransaction: Bool { sqlite3_get_autocommit(sqlite) == 0 }

    /// The rowid that was inserted last, or what it was set to since.
    var lastInsertedID: Int64 {
      get { sqlite3_last_insert_rowid(sqlite) }
      set { sqlite3_set_last_insert_rowid(sqlite, newValue) }
    }

    /// A number that is another one after each change of the file, whoever made it; 0 when SQLite cannot tell.
    /// It is of the transaction that goes on, and so is known only once that has the file for itself.
    ///
    /// Source: https://www.sqlite.org/c3ref/c_fcntl_begin_atomic_write.html#sqlitefcntldataversion
    var dataVersion: UInt32 {
      var version: UInt32 = 0
      let code = sqlite3_file_control(sqlite, "main", SQLITE_FCNTL_DATA_VERSION, &version)
      return code == SQLITE_OK ? version : 0
    }

    var changes: Int { Int(sqlite3_changes(sqlite)) }

    func failure(_ code: Int32) -> CommandFailure {
      let (reason, remedy) = FileFailure.explain(
        code: code, extended: sqlite3_extended_errcode(sqlite),
        systemError: sqlite3_system_errno(sqlite),
        message: String(cString: sqlite3_errmsg(sqlite)), busyTimeout: busyTimeout)
      return .storage(reason: reason, remedy: remedy)
    }
  }

  /// A statement with its parameters; reset when a run or a walk over rows is over.
  struct PreparedStatement {
    let handle: OpaquePointer
    unowned let connection: FileConnection

    // Views stay valid while the statement runs, so SQLite need not copy them.
    func bind(_ index: Int32, _ view: ByteView) throws(CommandFailure) {
      // A null pointer would be NULL and not an empty blob.
      let code =
        view.length == 0
        ? sqlite3_bind_zeroblob(handle, index, 0)
        : sqlite3_bind_blob64(handle, index, view.bytes, UInt64(view.length), nil)
      guard code == SQLITE_OK else { throw connection.failure(code) }
    }

    // These two fail only for an index that the statement does not have.
    func bind(_ index: Int32, _ value: Int64) { _ = sqlite3_bind_int64(handle, index, value) }

    func bind(_ index: Int32, _ value: Double) { _ = sqlite3_bind_double(handle, index, value) }

    func run() throws(CommandFailure) {
      defer { sqlite3_reset(handle) }
      let code = sqlite3_step(handle)
      guard code == SQLITE_DONE || code == SQLITE_ROW else { throw connection.failure(code) }
    }

    /// True when there is a row to read. Call ``reset()`` afterwards.
    func step() throws(CommandFailure) -> Bool {
      switch sqlite3_step(handle) {
      case SQLITE_ROW: return true
      case SQLITE_DONE: return false
      case let code:
        let failure = connection.failure(code)
        sqlite3_reset(handle)
        throw failure
      }
    }

    func reset() { sqlite3_reset(handle) }

    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    func double(_ column: Int32) -> Double { sqlite3_column_double(handle, column) }

    /// Valid until the next step or reset.
    func view(_ column: Int32) -> ByteView {
      let start = sqlite3_column_blob(handle, column)
      return ByteView(
        bytes: start?.assumingMemoryBound(to: UInt8.self),
        length: Int(sqlite3_column_bytes(handle, column)))
    }
  }

  /// What SQLite's result codes mean for the user of a store.
  ///
  /// Source: https://www.sqlite.org/rescode.html
  enum FileFailure {
    static func explain(
      code: Int32, extended: Int32, systemError: Int32 = 0, message: String,
      busyTimeout: Duration
    ) -> (reason: String, remedy: String) {
      switch code & 0xff {
      case SQLITE_BUSY, SQLITE_LOCKED:
        return (
          "another process has been writing to it for more than \(busyTimeout)",
          "Nothing was changed. Wait for the other process, or raise busyTimeout."
        )
      case SQLITE_FULL:
        return ("the disk is full", "Nothing was changed. Free space on the disk and try again.")
      case SQLITE_IOERR:
        let cause = systemError == 0 ? message : String(cString: strerror(systemError))
        return (
          "\(operation(extended)): \(cause)",
          "Nothing was changed. Check the disk, its free space, limits on the size of files, and the folder."
        )
      case SQLITE_CORRUPT, SQLITE_NOTADB:
        return (
          "the file is damaged (\(message))",
          "Restore it from a copy, or import the history again from a clone."
        )
      case SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH:
        return (
          "it may not be written (\(message))",
          "Give this user permission to write the file and its folder."
        )
      case SQLITE_CANTOPEN:
        return (
          "it cannot be opened (\(message))",
          "Check that the folder exists and that this user may write in it."
        )
      case SQLITE_TOOBIG:
        return ("a value is too large for it", "Split the value into several.")
      case SQLITE_NOMEM:
        return ("no memory left", "Free memory and try again.")
      default:
        return ("SQLite error \(extended): \(message)", "Check the file and its folder.")
      }
    }

    /// What could not be done when SQLite answers an extended code of SQLITE_IOERR.
    private static func operation(_ extended: Int32) -> String {
      switch extended >> 8 {
      case 1, 2: "it cannot be read"
      case 3: "it cannot be written"
      case 4, 5: "it cannot be flushed to the disk"
      case 6: "it cannot be shortened"
      case 14, 15, 8, 9: "it cannot be locked"
      case 18, 19, 20, 21, 24: "its shared memory (-shm) cannot be used"
      default: "input/output error \(extended)"
      }
    }
  }
#endif
