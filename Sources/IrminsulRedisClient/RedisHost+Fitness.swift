#if Redis
  import RedisScripting

  extension RedisHost {
    /// The oldest server with all commands that stores need.
    static let oldestVersion = ServerVersion(major: 6, minor: 2)

    /// Checks version and role by INFO and eviction by CONFIG, all in one round trip.
    ///
    /// - Returns: Warnings about what this user may not ask, each one line.
    /// - Throws: `HostError.unsuitable` with the remedy, or any other ``HostError``.
    public func checkFitness(eviction: EvictionPolicy) async throws(HostError) -> [String] {
      async let server = facts("server")
      async let replication = facts("replication")
      async let memory = facts("memory")
      async let setting = policySetting(eviction)
      var warnings: [String] = []
      // Awaited together, because async let forgets the type of what it throws.
      let answers: [Result<ServerFacts, HostError>] = await [server, replication, memory]
      switch answers[0].permitted {
      case .success(let facts?): try checkVersion(facts)
      case .success(nil): warnings.append(warning("its version", "+info"))
      case .failure(let error): throw error
      }
      switch answers[1].permitted {
      case .success(let facts?): try checkRole(facts)
      case .success(nil): warnings.append(warning("whether it is a master", "+info"))
      case .failure(let error): throw error
      }
      switch eviction {
      case .accepted: break
      case .refused:
        let policy = try evictionPolicy(await setting, answers[2])
        if let policy {
          try checkEviction(policy)
        } else {
          warnings.append(warning("whether it may evict keys", "+config|get or +info"))
        }
      }
      return warnings
    }

    private func checkVersion(_ facts: ServerFacts) throws(HostError) {
      guard let text = facts["redis_version"], let version = ServerVersion(text),
        version < Self.oldestVersion
      else { return }
      throw .unsuitable(
        location: location, reason: "its version is \(text)",
        remedy: "Use Redis \(Self.oldestVersion) or later, or Valkey.")
    }

    private func checkRole(_ facts: ServerFacts) throws(HostError) {
      guard let role = facts["role"], role != "master" else { return }
      let master = facts["master_host"].map { host in
        " at \(host):\(facts["master_port"] ?? "?")"
      }
      throw .unsuitable(
        location: location, reason: "it is a replica, which takes no writes",
        remedy: "Connect to its master\(master ?? "").")
    }

    private func checkEviction(_ policy: String) throws(HostError) {
      guard policy.hasPrefix("allkeys") else { return }
      throw .unsuitable(
        location: location,
        reason: "its maxmemory-policy is \(policy): it may throw away parts of a store",
        remedy:
          "Run CONFIG SET maxmemory-policy noeviction there (and set it in its configuration), "
          + "or accept the loss of data with evict=accepted in the URL.")
    }

    /// CONFIG is what decides; INFO says the same where CONFIG is not permitted.
    private func evictionPolicy(
      _ setting: Result<String?, HostError>, _ memory: Result<ServerFacts, HostError>
    ) throws(HostError) -> String? {
      switch setting {
      case .success(let policy?): return policy
      case .success(nil): break
      // Managed servers have no CONFIG at all: any refusal leads to INFO.
      case .failure(.refused): break
      case .failure(let error): throw error
      }
      return switch memory.permitted {
      case .success(let facts): facts?["maxmemory_policy"]
      case .failure(let error): throw error
      }
    }

    private func policySetting(_ eviction: EvictionPolicy) async -> Result<String?, HostError> {
      if eviction == .accepted { return .success(nil) }
      do throws(HostError) {
        let reply = try await run(Command("CONFIG", "GET", "maxmemory-policy"))
        return .success(reply.array?.last?.text)
      } catch {
        return .failure(error)
      }
    }

    private func facts(_ section: String) async -> Result<ServerFacts, HostError> {
      do throws(HostError) {
        let reply = try await run(Command("INFO", section))
        return .success(ServerFacts(reply.text ?? ""))
      } catch {
        return .failure(error)
      }
    }

    private func warning(_ subject: String, _ permission: String) -> String {
      "this user may not ask \(location) \(subject): grant \(permission) to have it checked"
    }
  }

  /// What an INFO section says, by name.
  struct ServerFacts: Sendable {
    private var values: [Substring: Substring] = [:]

    init(_ text: String) {
      for line in text.split(whereSeparator: \.isNewline) {
        guard let colon = line.firstIndex(of: ":") else { continue }
        values[line[..<colon]] = line[line.index(after: colon)...]
      }
    }

    subscript(name: String) -> String? { values[name[...]].map(String.init) }
  }

  /// The first two numbers of a server's version.
  struct ServerVersion: Comparable, CustomStringConvertible {
    var major: Int
    var minor: Int

    init(major: Int, minor: Int) {
      self.major = major
      self.minor = minor
    }

    /// Reads `7.0.15`; nil when it does not begin with two numbers.
    init?(_ text: String) {
      let numbers = text.split(separator: ".").prefix(2).compactMap { Int($0) }
      guard numbers.count == 2 else { return nil }
      self.init(major: numbers[0], minor: numbers[1])
    }

    static func < (left: Self, right: Self) -> Bool {
      (left.major, left.minor) < (right.major, right.minor)
    }

    var description: String { "\(major).\(minor)" }
  }

  extension Result where Failure == HostError {
    /// The value; nil when the user has no permission to ask.
    fileprivate var permitted: Result<Success?, HostError> {
      switch self {
      case .success(let value): .success(value)
      case .failure(.refused(_, _, let error)) where error.code == "NOPERM": .success(nil)
      case .failure(let error): .failure(error)
      }
    }
  }
#endif
