/// A process of its own that delays what passes, so that it takes no time from the writers' process.
struct ProxyProcess {
  /// The server as it is reached through the proxy.
  let url: String
  private let child: ChildProcess

  init(to url: String, rtt: Double) throws {
    child = try ChildProcess(["proxy", "--url", url, "--rtt", "\(rtt)"])
    guard let port = Int(try child.readLine()) else {
      throw BenchError("the proxy that delays did not start")
    }
    self.url = try RedisAddress.url(url, throughLocalPort: port)
  }

  func finish() { child.finish() }
}
