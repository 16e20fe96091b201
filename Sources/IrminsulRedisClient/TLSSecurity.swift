#if Redis && TLS
  import NIOCore
  import NIOSSL
  import RedisScripting

  /// The certificates and checks of a TLS connection.
  struct TLSSecurity: Sendable {
    private let context: NIOSSLContext
    private let serverName: String?

    /// Reads the files.
    ///
    /// - Throws: `HostError.invalidConfiguration` naming the file that cannot be used.
    init(_ settings: RedisConfiguration.TLS, host: String) throws(HostError) {
      var configuration = TLSConfiguration.makeClientConfiguration()
      switch settings.verification {
      case .full: configuration.certificateVerification = .fullVerification
      case .hostnameOff: configuration.certificateVerification = .noHostnameVerification
      case .none: configuration.certificateVerification = .none
      }
      if let file = settings.authorityFile {
        let authorities = try Self.reading(file, "cacert") {
          try NIOSSLCertificate.fromPEMFile(file)
        }
        configuration.trustRoots = .certificates(authorities)
      }
      if let file = settings.certificateFile {
        configuration.certificateChain = try Self.reading(file, "cert") {
          try NIOSSLCertificate.fromPEMFile(file).map { .certificate($0) }
        }
      }
      if let file = settings.keyFile {
        configuration.privateKey = try Self.reading(file, "key") {
          .privateKey(try NIOSSLPrivateKey(file: file, format: .pem))
        }
      }
      do {
        context = try NIOSSLContext(configuration: configuration)
      } catch {
        throw .invalidConfiguration(reason: "the TLS settings cannot be used: \(error)")
      }
      // An address is not a server name (RFC 6066); NIOSSL then checks the address itself.
      let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
      serverName = isAddress ? nil : host
    }

    func handler() throws -> NIOSSLClientHandler {
      try NIOSSLClientHandler(context: context, serverHostname: serverName)
    }

    /// What a TLS error means; nil for another error.
    func failure(for error: any Error, at location: String) -> OpeningFailure? {
      switch error {
      case let error as NIOSSLExtraError:
        OpeningFailure(
          .unreachable(
            location: location, reason: "the server's certificate is for another name (\(error))",
            remedy: "Use the name in the certificate, or verify=hostname-off."),
          isLasting: true)
      case is NIOSSLError, is BoringSSLError:
        explain("\(error)", at: location)
      default: nil
      }
    }

    private func explain(_ text: String, at location: String) -> OpeningFailure {
      let reason: String
      let remedy: String
      // What the certificates or the port cause stays; a handshake that a restart cut does not.
      var isLasting = true
      if text.contains("CERTIFICATE_VERIFY_FAILED") {
        reason = "the server's certificate is not trusted"
        remedy = "Give the authority that signed it: cacert=FILE in the URL."
      } else if text.contains("WRONG_VERSION_NUMBER") {
        reason = "the port does not speak TLS"
        remedy = "Check the port, or write redis:// for a plain connection."
      } else if text.contains("CERTIFICATE_REQUIRED") {
        reason = "the server asks for a client certificate"
        remedy = "Give one that it trusts: cert=FILE and key=FILE in the URL."
      } else if text.contains("EOF during handshake") {
        reason = "the connection was closed during the TLS handshake"
        remedy = "See the server's log, and check the port: redis:// is a plain connection."
        isLasting = false
      } else {
        reason = "the TLS handshake failed (\(text))"
        remedy = "Check the certificates on both sides, and whether this port speaks TLS."
        isLasting = text.contains("ALERT")
      }
      return OpeningFailure(
        .unreachable(location: location, reason: reason, remedy: remedy), isLasting: isLasting)
    }

    private static func reading<Value>(
      _ file: String, _ item: String, _ read: () throws -> Value
    ) throws(HostError) -> Value {
      do {
        return try read()
      } catch {
        throw .invalidConfiguration(
          reason: "the \(item) file \(file) cannot be used: it is unreadable or not PEM (\(error))")
      }
    }
  }
#endif
