#if File
  #if canImport(Darwin)
    import Darwin
  #else
    import Glibc
  #endif

  /// Which file it was that a path led to when it was opened.
  ///
  /// SQLite goes on with a file that somebody has removed or replaced: what it writes there is lost.
  struct FileIdentity: Sendable, Hashable {
    private let path: String
    private let device: dev_t
    private let number: ino_t

    init(of path: String) {
      self.path = path
      var status = stat()
      let isThere = stat(path, &status) == 0
      device = isThere ? status.st_dev : 0
      number = isThere ? status.st_ino : 0
    }

    /// - Throws: ``CommandFailure`` when the path leads to another file now, or to none.
    func check() throws(CommandFailure) {
      var status = stat()
      if stat(path, &status) == 0, status.st_dev == device, status.st_ino == number { return }
      throw .storage(
        reason: "the file was removed or replaced since it was opened",
        remedy: "Nothing was changed. Open the store again.")
    }
  }
#endif
