#if Redis
  import RedisScripting

  /// Why a connection could not be set up.
  struct OpeningFailure: Error {
    var error: HostError
    /// Whether another attempt would fail alike, so that nobody should wait for it.
    var isLasting: Bool

    init(_ error: HostError, isLasting: Bool) {
      self.error = error
      self.isLasting = isLasting
    }
  }

  /// How an open connection ended.
  enum Loss {
    case byPeer(insideReply: Bool, cause: String?)
    case byUs(reason: String)
    case notRedis(reason: String)
    case expectsTLS(reason: String)

    var reason: String {
      switch self {
      case .byPeer(let insideReply, let cause):
        "the connection was closed" + (insideReply ? " in the middle of a reply" : "")
          + (cause.map { " (\($0))" } ?? "")
      case .byUs(let reason), .notRedis(let reason), .expectsTLS(let reason): reason
      }
    }

    func whileOpening(at location: String) -> OpeningFailure {
      switch self {
      case .notRedis(let reason):
        return OpeningFailure(.notRedis(location: location, reason: reason), isLasting: true)
      case .expectsTLS(let reason):
        return OpeningFailure(
          .unreachable(
            location: location, reason: reason,
            remedy: "Write rediss:// instead of redis://, or use the server's plain port."),
          isLasting: true)
      case .byPeer, .byUs: break
      }
      return OpeningFailure(
        .unreachable(
          location: location, reason: "\(reason) before the server had answered",
          remedy: location.hasPrefix("rediss:")
            ? "See the server's log, and check whether this port speaks TLS."
            : "See the server's log; if this port expects TLS, write rediss:// instead of redis://."
        ),
        isLasting: false)
    }
  }

  /// One command that is sent when a connection opens, before any call.
  enum GreetingStep: Equatable, Sendable {
    case authenticate(user: String?, password: Secret)
    case select(Int)
    case setName(String)
    case ping
    case load(Script)

    var arguments: [Bytes] {
      switch self {
      case .authenticate(let user, let password):
        Command(
          arguments: (["AUTH"] + (user.map { [$0] } ?? []) + [password.revealed]).map {
            Bytes($0.utf8)
          }
        )
        .arguments
      case .select(let database): Command("SELECT", "\(database)").arguments
      case .setName(let name): Command("CLIENT", "SETNAME", name).arguments
      case .ping: Command("PING").arguments
      case .load(let script): Command("SCRIPT", "LOAD", script.source).arguments
      }
    }

    /// The steps that a configuration asks for, and the scripts to load.
    static func steps(
      _ configuration: RedisConfiguration, clientName: String, scripts: [Script]
    ) -> [GreetingStep] {
      var steps: [GreetingStep] = []
      if let password = configuration.password {
        steps.append(.authenticate(user: configuration.user, password: password))
      }
      steps.append(.ping)
      if configuration.database != 0 { steps.append(.select(configuration.database)) }
      steps.append(.setName(clientName))
      return steps + scripts.map(GreetingStep.load)
    }

    /// What a reply to this step means for the connection; nil when it can go on.
    func failure(for reply: Reply, at location: String) -> OpeningFailure? {
      guard case .error(let error) = reply else { return nil }
      switch (self, error.code) {
      case (.setName, _), (.load, _), (.ping, "NOPERM"):
        // A user who may not name connections or load scripts may still run what is loaded.
        return nil
      case (.authenticate(_, let password), let code):
        // A server without AUTH repeats the arguments of an unknown command.
        let redacted = ServerError(reply: password.redacted(from: error.description))
        return OpeningFailure(
          .refused(location: location, call: "AUTH", redacted), isLasting: code != "LOADING")
      case (_, let code):
        // What passes by itself is waited for: a server that starts, a full table of clients.
        let passing =
          ["LOADING", "BUSY", "MASTERDOWN"].contains(code)
          || (code == "ERR" && error.message.hasPrefix("max number of clients"))
        return OpeningFailure(
          .refused(location: location, call: name, error), isLasting: !passing)
      }
    }

    private var name: String {
      switch self {
      case .authenticate: "AUTH"
      case .select: "SELECT"
      case .setName: "CLIENT SETNAME"
      case .ping: "the connection"
      case .load: "SCRIPT LOAD"
      }
    }
  }
#endif
