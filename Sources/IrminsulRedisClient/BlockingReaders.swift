#if Redis
  import NIOConcurrencyHelpers
  import NIOCore
  import RedisScripting

  /// The connections on which XREAD waits: one for each stream that is waited for at this moment, so
  /// that nothing else waits with it.
  final class BlockingReaders: Sendable {
    private struct State {
      /// Connections that nobody waits on.
      var idle: [Connection] = []
      var borrowed: [ObjectIdentifier: Connection] = [:]
      var isClosed = false
    }

    /// The longest single XREAD: a server that vanished without a word is noticed after it.
    private static let slice = Duration.seconds(5)
    /// Idle connections that are kept for the next reader.
    private static let spares = 1

    private let state = NIOLockedValueBox(State())
    private let blueprint: ConnectionDriver.Blueprint
    private let group: any EventLoopGroup

    init(_ blueprint: ConnectionDriver.Blueprint, group: any EventLoopGroup) {
      var blueprint = blueprint
      blueprint.clientName += "-watch"
      blueprint.scripts = { [] }
      self.blueprint = blueprint
      self.group = group
    }

    /// XREAD in slices until there is a reply other than null, or the time has passed.
    ///
    /// A connection that is lost meanwhile is opened again: reading twice does no harm.
    func read(
      _ stream: Bytes, after id: String, count: Int, timeout: Duration
    ) async throws(HostError) -> Reply {
      let connection = try borrow()
      defer { giveBack(connection) }
      let clock = ContinuousClock()
      let end = clock.now + timeout
      while true {
        let left = min(end - clock.now, Self.slice)
        do {
          let reply = try await connection.call(
            Self.command(stream, after: id, count: count, block: left), timeout: max(left, .zero))
          if reply != .null || clock.now >= end { return reply }
        } catch {
          let location = blueprint.configuration.location
          if Task.isCancelled {
            throw .notSent(location: location, reason: "the task was cancelled")
          }
          if isClosed { throw .closed(location: location) }
          guard case .answerLost = error, clock.now < end else { throw error }
        }
      }
    }

    func close() async {
      let connections = state.withLockedValue { state in
        state.isClosed = true
        defer { state.idle = [] }
        return state.idle + state.borrowed.values
      }
      for connection in connections { await connection.close() }
    }

    private var isClosed: Bool { state.withLockedValue { $0.isClosed } }

    private func borrow() throws(HostError) -> Connection {
      let connection: Connection? = state.withLockedValue { state in
        guard !state.isClosed else { return nil }
        let connection =
          state.idle.popLast()
          ?? Connection(on: group.next(), blueprint, cancellation: .closeConnection)
        state.borrowed[ObjectIdentifier(connection)] = connection
        return connection
      }
      guard let connection else { throw .closed(location: blueprint.configuration.location) }
      return connection
    }

    private func giveBack(_ connection: Connection) {
      state.withLockedValue { state in
        state.borrowed[ObjectIdentifier(connection)] = nil
        // One that is not kept closes itself when it is released.
        if !state.isClosed, state.idle.count < Self.spares { state.idle.append(connection) }
      }
    }

    /// BLOCK 0 would wait for ever: no time left means no BLOCK.
    private static func command(
      _ stream: Bytes, after id: String, count: Int, block: Duration
    ) -> [Bytes] {
      let milliseconds = block / .milliseconds(1)
      let blocking = milliseconds > 0 ? ["BLOCK", "\(max(Int(milliseconds.rounded(.up)), 1))"] : []
      return (["XREAD", "COUNT", "\(count)"] + blocking + ["STREAMS"]).map { Bytes($0.utf8) }
        + [stream, Bytes(id.utf8)]
    }
  }
#endif
