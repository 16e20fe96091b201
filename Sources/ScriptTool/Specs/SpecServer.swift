import RedisScripting

/// A server for specs, which goes on with what it was given when nobody waits for it any more.
package struct SpecServer: Sendable {
  package let host: any ScriptHost
  /// A way to the same server of its own: what waits behind a script that never ends reaches nobody.
  private let killer: any ScriptHost

  package init(host: any ScriptHost, killer: any ScriptHost) {
    (self.host, self.killer) = (host, killer)
  }

  /// What became of a call that took longer than it may.
  private enum Verdict {
    case killed
    /// It had ended just before.
    case ended
    case busy(String)
  }

  /// How a call ended.
  enum Ending {
    case answered(Result<Reply, HostError>)
    /// Its time was over, and the script is stopped.
    case stopped
    /// The script goes on; the text says why and what to do.
    case busy(String)
  }

  /// Runs a script for no longer than it may take.
  func run(
    _ script: Script, keys: [Bytes], arguments: [Bytes], for limit: Duration
  ) async -> Ending {
    let call = Task { () -> Result<Reply, HostError> in
      do throws(HostError) {
        return .success(try await host.run(script, keys: keys, arguments: arguments))
      } catch {
        return .failure(error)
      }
    }
    let watch = Task { () -> Verdict in
      do { try await Task.sleep(for: limit) } catch { return .ended }
      // It is asked to the end, also when the call has its answer meanwhile.
      let verdict = await Task { await stop() }.value
      // Nobody answers it.
      if case .busy = verdict { call.cancel() }
      return verdict
    }
    let result = await withTaskCancellationHandler {
      await call.value
    } onCancel: {
      call.cancel()
    }
    watch.cancel()
    var verdict = await watch.value
    if case .ended = verdict, case .failure(.answerLost) = result, !Task.isCancelled {
      // The client's own patience was shorter than the limit.
      verdict = await stop()
    }
    switch (verdict, result) {
    case (.ended, _), (_, .success): return .answered(result)
    case (.killed, .failure): return .stopped
    case (.busy(let reason), .failure): return .busy(reason)
    }
  }

  /// Ends what the server runs.
  private func stop() async -> Verdict {
    do throws(HostError) {
      _ = try await killer.run(Command("SCRIPT", "KILL"))
      return .killed
    } catch {
      let remedy =
        "`redis-cli -u \(killer.location) SHUTDOWN NOSAVE` ends it, and loses what it has not saved. "
        + "No more specs were run."
      guard case .refused(let location, _, let refusal) = error else {
        return .busy("the server may be busy with it still: \(error)\n\(remedy)")
      }
      switch refusal.code {
      case "NOTBUSY": return .ended
      case "UNKILLABLE":
        return .busy(
          "\(location) is still busy with it, and refuses SCRIPT KILL as it has written\n\(remedy)")
      default: return .busy("\(location) is still busy with it: SCRIPT KILL: \(refusal)\n\(remedy)")
      }
    }
  }
}
