#if File
  #if canImport(Darwin)
    import Darwin
  #else
    import Glibc
  #endif

  /// Which file it was that a path led to when it was opened.
  ///
  /// SQLite goes on with a file that somebody has removed or replaced: what it writes there is lost.
  struct FileIdentity: Sendable {
    /// A file by whatever path it was reached.
    struct Place: Hashable {
      let device: dev_t
      let number: ino_t
    }

    let place: Place
    private let path: String

    init(of path: String) {
      self.path = path
      var status = stat()
      let isThere = stat(path, &status) == 0
      place = Place(
        device: isThere ? status.st_dev : 0, number: isThere ? status.st_ino : 0)
    }

    /// - Throws: ``CommandFailure`` when the path leads to another file now, or to none.
    func check() throws(CommandFailure) {
      var status = stat()
      if stat(path, &status) == 0,
        Place(device: status.st_dev, number: status.st_ino) == place
      {
        return
      }
      throw .storage(
        reason: "the file was removed or replaced since it was opened",
        remedy: "Nothing was changed. Open the store again.")
    }
  }
#endif
