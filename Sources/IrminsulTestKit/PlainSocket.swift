import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A blocking stream socket, for fixtures that must not depend on the client under test.
package final class PlainSocket: Sendable {
  package let descriptor: Int32

  init(descriptor: Int32) {
    self.descriptor = descriptor
  }

  deinit {
    Self.closeDescriptor(descriptor)
  }

  /// Connects to a Unix socket.
  package convenience init(unixPath path: String) throws {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let capacity = MemoryLayout.size(ofValue: address.sun_path)
    guard path.utf8.count < capacity else {
      throw FixtureError("the socket path \(path) has more than \(capacity - 1) bytes")
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    try self.init(AF_UNIX, connectingTo: address)
  }

  /// Connects to a port of this machine.
  convenience init(localPort port: Int) throws {
    try self.init(AF_INET, connectingTo: Self.loopback(port))
  }

  /// Connects to a port of any machine; small writes are sent at once.
  package convenience init(host: String, port: Int) throws {
    var hints = addrinfo()
    #if canImport(Darwin)
      hints.ai_socktype = SOCK_STREAM
    #else
      hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    #endif
    var list: UnsafeMutablePointer<addrinfo>?
    let result = getaddrinfo(host, "\(port)", &hints, &list)
    guard result == 0 else {
      throw FixtureError("\(host): \(String(cString: gai_strerror(result)))")
    }
    defer { freeaddrinfo(list) }
    var reason: Int32 = 0
    var next = list
    while let candidate = next?.pointee {
      let descriptor = try Self.make(candidate.ai_family)
      if connect(descriptor, candidate.ai_addr, candidate.ai_addrlen) == 0 {
        self.init(descriptor: descriptor)
        var on: Int32 = 1
        setsockopt(
          descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        return
      }
      reason = errno
      Self.closeDescriptor(descriptor)
      next = candidate.ai_next
    }
    throw FixtureError("connect to \(host):\(port): \(String(cString: strerror(reason)))")
  }

  private convenience init<Address>(_ family: Int32, connectingTo address: Address) throws {
    self.init(descriptor: try Self.make(family))
    var address = address
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<Address>.size))
      }
    }
    guard result == 0 else { throw FixtureError("connect: \(String(cString: strerror(errno)))") }
  }

  /// Listens on a free port of this machine.
  package static func listening() throws -> (socket: PlainSocket, port: Int) {
    let socket = PlainSocket(descriptor: try make(AF_INET))
    var address = loopback(0)
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        guard bind(socket.descriptor, generic, size) == 0, listen(socket.descriptor, 64) == 0
        else { return Int32(-1) }
        return getsockname(socket.descriptor, generic, &size)
      }
    }
    guard result == 0 else { throw FixtureError("listen: \(String(cString: strerror(errno)))") }
    return (socket, Int(UInt16(bigEndian: address.sin_port)))
  }

  /// Waits for a connection; nil when this socket was shut down.
  package func accepted() -> PlainSocket? {
    let descriptor = accept(descriptor, nil, nil)
    return descriptor < 0 ? nil : PlainSocket(descriptor: descriptor)
  }

  /// Writes everything.
  ///
  /// - Returns: Whether the peer took it.
  @discardableResult
  package func write(_ bytes: some Collection<UInt8>) -> Bool {
    Array(bytes).withUnsafeBytes { write($0) }
  }

  /// As ``write(_:)`` for bytes that are in memory already.
  package func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = UnsafeRawBufferPointer(rebasing: rest)
      let count = send(descriptor, piece.baseAddress, piece.count, Self.noSignal)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  /// The next bytes; empty at the end of the stream.
  package func read(atMost limit: Int = 65_536) -> [UInt8] {
    let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
      count = max(0, recv(descriptor, buffer.baseAddress, limit, 0))
    }
    return bytes
  }

  /// Reads the next bytes into a buffer; answers how many, 0 at the end of the stream.
  package func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    while true {
      let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
      if count >= 0 || errno != EINTR { return max(0, count) }
    }
  }

  /// Ends both directions; a blocked ``read(atMost:)`` or ``accepted()`` returns.
  package func end() {
    _ = shutdown(descriptor, Int32(Self.bothDirections))
  }

  private static func loopback(_ port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return address
  }

  private static func make(_ family: Int32) throws -> Int32 {
    #if canImport(Darwin)
      let descriptor = socket(family, SOCK_STREAM, 0)
      var on: Int32 = 1
      setsockopt(descriptor, SOL_SOCKET, SO_NOSIGPIPE, &on, socklen_t(MemoryLayout<Int32>.size))
    #else
      // Children must not hold the fixture's sockets open.
      let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
      let descriptor = socket(family, kind, 0)
    #endif
    guard descriptor >= 0 else {
      throw FixtureError("socket: \(String(cString: strerror(errno)))")
    }
    return descriptor
  }

  #if canImport(Darwin)
    private static let noSignal: Int32 = 0
    private static let bothDirections = SHUT_RDWR
    private static func closeDescriptor(_ descriptor: Int32) { _ = Darwin.close(descriptor) }
  #else
    private static let noSignal = Int32(MSG_NOSIGNAL)
    private static let bothDirections = SHUT_RDWR
    private static func closeDescriptor(_ descriptor: Int32) { _ = close(descriptor) }
  #endif
}
