#if File
  import GRDB
  import GRDBSQLite
  import RedisScripting

  /// Copies what is in the log of a file into the file itself, on a connection of its own and beside the writer.
  ///
  /// A writer that does it itself stops for the time of a hundred commits. What is left for it is what was committed
  /// meanwhile: only a log of which nothing is left to copy begins anew.
  ///
  /// Source: https://www.sqlite.org/wal.html#ckpt
  final class FileCheckpointer: Sendable {
    /// The pages in the log at which it begins, and those at which the writer does the rest.
    static let firstPages: Int32 = 6144
    static let mostPages: Int32 = 8192

    private enum State {
      case idle(DatabaseQueue?)
      case running
      case closing(CheckedContinuation<Void, Never>)
      case closed
    }

    private let opening: FileOpening
    private let state = Locked(State.idle(nil))

    init(_ opening: FileOpening) { self.opening = opening }

    /// Begins, if it is not at it already. What fails is left for the writer, whose commit then says why.
    func start() {
      let queue: DatabaseQueue?? = state.withLock { state in
        guard case .idle(let queue) = state else { return nil }
        state = .running
        return .some(queue)
      }
      guard let queue else { return }
      guard let queue = queue ?? (try? opening.openCheckpointer()) else { return finish(nil) }
      queue.asyncWriteWithoutTransaction { database in
        if let sqlite = database.sqliteConnection {
          sqlite3_wal_checkpoint_v2(sqlite, nil, SQLITE_CHECKPOINT_PASSIVE, nil, nil)
        }
        self.finish(queue)
      }
    }

    private func finish(_ queue: DatabaseQueue?) {
      let closer: CheckedContinuation<Void, Never>? = state.withLock { state in
        guard case .closing(let closer) = state else {
          state = .idle(queue)
          return nil
        }
        state = .closed
        return closer
      }
      guard let closer else { return }
      // Not on its own queue.
      Task {
        try? queue?.close()
        closer.resume()
      }
    }

    /// Ends it, after what it is at. To be called once, when nobody starts it any more.
    func close() async {
      await withCheckedContinuation { continuation in
        let idle: DatabaseQueue?? = state.withLock { state in
          if case .idle(let queue) = state {
            state = .closed
            return .some(queue)
          }
          state = .closing(continuation)
          return nil
        }
        guard let idle else { return }
        try? idle?.close()
        continuation.resume()
      }
    }
  }
#endif
