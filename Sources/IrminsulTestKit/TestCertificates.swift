import Foundation

/// A certificate authority made on the spot, with a server's and a client's certificate.
///
/// Made by the `openssl` command. The server's certificate is for `localhost` and `127.0.0.1`.
public struct TestCertificates: Sendable {
  public let authorityFile: String
  public let serverCertificateFile: String
  public let serverKeyFile: String
  public let clientCertificateFile: String
  public let clientKeyFile: String

  /// Makes the files in a folder, which is created.
  ///
  /// - Parameters:
  ///   - folder: Where.
  ///   - names: The server certificate's names, as openssl's subjectAltName has them.
  public init(folder: String, names: String = "DNS:localhost,IP:127.0.0.1") throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    authorityFile = "\(folder)/ca.crt"
    serverCertificateFile = "\(folder)/server.crt"
    serverKeyFile = "\(folder)/server.key"
    clientCertificateFile = "\(folder)/client.crt"
    clientKeyFile = "\(folder)/client.key"
    try Launcher.run(
      "openssl",
      [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
        "-days", "2", "-subj", "/CN=Test authority", "-keyout", "ca.key", "-out", "ca.crt",
      ], in: folder)
    for (name, extensions) in [
      ("server", "subjectAltName=\(names)"), ("client", "subjectAltName=DNS:client"),
    ] {
      try Launcher.run(
        "openssl",
        [
          "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
          "-subj", "/CN=\(name)", "-keyout", "\(name).key", "-out", "\(name).csr",
        ], in: folder)
      try "\(extensions)\n".write(
        toFile: "\(folder)/\(name).ext", atomically: true, encoding: .utf8)
      try Launcher.run(
        "openssl",
        [
          "x509", "-req", "-days", "2", "-in", "\(name).csr", "-CA", "ca.crt", "-CAkey", "ca.key",
          "-CAcreateserial", "-extfile", "\(name).ext", "-out", "\(name).crt",
        ], in: folder)
    }
  }
}
