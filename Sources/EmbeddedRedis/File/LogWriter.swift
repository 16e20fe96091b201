#if File
  import GRDBSQLite
  import RedisScripting

  /// Writes what a transaction adds to SQLite's log with one call of the system.
  ///
  /// SQLite writes each page of it with two calls, its head and itself, and a commit has some twenty pages. They are kept
  /// here until the page with the mark of the commit has come. Nobody looks for them before that write has returned: only
  /// then SQLite tells in the index of the log that they are there. So it is for `synchronous=NORMAL`, with which the log
  /// is flushed to the disk by checkpoints alone.
  ///
  /// What is not a head at the end of what was written last, and the page after that, is written at once, as SQLite does
  /// it: the head of the log, pages and heads that are replaced, and the first page after a transaction that was undone.
  ///
  /// Source: https://www.sqlite.org/fileformat2.html#walformat and https://www.sqlite.org/c3ref/io_methods.html
  final class LogWriter {
    private static let headLength = 24
    /// What is kept at most. SQLite takes no more than 128 KB at once, and of a longer write only what is left of it
    /// beside those.
    private static let capacity = 1 << 16

    private enum Expectation {
      case head
      case page(endsTransaction: Bool)
    }

    /// SQLite's own.
    private let original: UnsafePointer<sqlite3_io_methods>
    /// Those that stand in for them, and a reference to this object.
    private let table: UnsafeMutableRawPointer
    private let pending = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 8)
    private var start: Int64 = 0
    private var count = 0
    private var expectation = Expectation.head
    /// Where what was written last ends, or what is kept.
    private var nextOffset: Int64 = -1

    private var isGrouping = false

    private typealias File = UnsafeMutablePointer<sqlite3_file>
    private static let ownerOffset = MemoryLayout<sqlite3_io_methods>.stride

    /// Takes over the writes of a connection that has read from its file. It lives as long as the connection.
    /// Nil if the file has no log.
    static func install(on sqlite: OpaquePointer) -> LogWriter? {
      var file: File?
      guard
        sqlite3_file_control(sqlite, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file) == SQLITE_OK,
        let file, let original = file.pointee.pMethods
      else { return nil }
      let writer = LogWriter(original)
      writer.table.storeBytes(
        of: Unmanaged.passRetained(writer).toOpaque(), toByteOffset: ownerOffset,
        as: UnsafeMutableRawPointer.self)
      file.pointee.pMethods = UnsafePointer(
        writer.table.assumingMemoryBound(to: sqlite3_io_methods.self))
      return writer
    }

    /// A transaction has begun that writes.
    func begin() { isGrouping = true }

    /// It has ended. What it has not written is given up: others may write in its place from now on.
    func end() {
      isGrouping = false
      expectation = .head
      count = 0
    }

    private init(_ original: UnsafePointer<sqlite3_io_methods>) {
      self.original = original
      table = .allocate(
        byteCount: Self.ownerOffset + MemoryLayout<UnsafeMutableRawPointer>.stride,
        alignment: MemoryLayout<sqlite3_io_methods>.alignment)
      var methods = original.pointee
      methods.xWrite = { file, bytes, length, offset in
        guard let file, let bytes else { return SQLITE_MISUSE }
        return LogWriter.of(file).write(file, bytes, length, offset)
      }
      methods.xRead = { file, bytes, length, offset in
        LogWriter.flushing(file) { $0.xRead?(file, bytes, length, offset) }
      }
      methods.xTruncate = { file, size in
        LogWriter.flushing(file) { $0.xTruncate?(file, size) }
      }
      methods.xSync = { file, flags in
        LogWriter.flushing(file) { $0.xSync?(file, flags) }
      }
      methods.xFileSize = { file, size in
        LogWriter.flushing(file) { $0.xFileSize?(file, size) }
      }
      methods.xClose = { file in
        guard let file else { return SQLITE_MISUSE }
        let writer = LogWriter.of(file)
        file.pointee.pMethods = writer.original
        defer { Unmanaged.passUnretained(writer).release() }
        return writer.original.pointee.xClose?(file) ?? SQLITE_MISUSE
      }
      table.initializeMemory(as: sqlite3_io_methods.self, to: methods)
    }

    deinit {
      table.deallocate()
      pending.deallocate()
    }

    private static func of(_ file: File) -> LogWriter {
      let owner = UnsafeRawPointer(file.pointee.pMethods)
        .load(fromByteOffset: ownerOffset, as: UnsafeMutableRawPointer.self)
      return Unmanaged<LogWriter>.fromOpaque(owner).takeUnretainedValue()
    }

    /// Calls one of SQLite's own methods after what is kept has been written.
    private static func flushing(
      _ file: File?, _ body: (sqlite3_io_methods) -> Int32?
    ) -> Int32 {
      guard let file else { return SQLITE_MISUSE }
      let writer = of(file)
      let code = writer.flush(file)
      return code == SQLITE_OK ? body(writer.original.pointee) ?? SQLITE_MISUSE : code
    }

    private func write(
      _ file: File, _ bytes: UnsafeRawPointer, _ length: Int32, _ offset: Int64
    ) -> Int32 {
      let length = Int(length)
      let follows = isGrouping && offset == nextOffset && length <= Self.capacity
      switch expectation {
      case .head where length == Self.headLength && follows:
        let code = keep(file, bytes, length)
        guard code == SQLITE_OK else { return code }
        // The pages that the file has after this transaction; 0 where the transaction goes on.
        let size = bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
        expectation = .page(endsTransaction: size != 0)
        return SQLITE_OK
      case .page(let endsTransaction) where follows:
        let code = keep(file, bytes, length)
        guard code == SQLITE_OK else { return code }
        expectation = .head
        return endsTransaction ? flush(file) : SQLITE_OK
      default:
        expectation = .head
        let code = flush(file)
        guard code == SQLITE_OK else { return code }
        nextOffset = offset + Int64(length)
        return original.pointee.xWrite?(file, bytes, Int32(length), offset) ?? SQLITE_MISUSE
      }
    }

    private func keep(_ file: File, _ bytes: UnsafeRawPointer, _ length: Int) -> Int32 {
      if count + length > Self.capacity {
        let code = flush(file)
        guard code == SQLITE_OK else { return code }
      }
      if count == 0 { start = nextOffset }
      (pending + count).copyMemory(from: bytes, byteCount: length)
      count += length
      nextOffset += Int64(length)
      return SQLITE_OK
    }

    private func flush(_ file: File) -> Int32 {
      guard count > 0 else { return SQLITE_OK }
      let code = original.pointee.xWrite?(file, pending, Int32(count), start) ?? SQLITE_MISUSE
      if code == SQLITE_OK { count = 0 }
      return code
    }
  }
#endif
