import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A blocking stream socket, for fixtures that must not depend on the client under test.
final class PlainSocket: Sendable {
  let descriptor: Int32

  init(descriptor: Int32) {
    self.descriptor = descriptor
  }

  deinit {
    Self.closeDescriptor(descriptor)
  }

  /// Connects to a Unix socket.
  convenience init(unixPath path: String) throws {
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
  static func listening() throws -> (socket: PlainSocket, port: Int) {
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
  func accepted() -> PlainSocket? {
    let descriptor = accept(descriptor, nil, nil)
    return descriptor < 0 ? nil : PlainSocket(descriptor: descriptor)
  }

  /// Writes everything.
  ///
  /// - Returns: Whether the peer took it.
  @discardableResult
  func write(_ bytes: some Collection<UInt8>) -> Bool {
    let bytes = Array(bytes)
    var offset = 0
    while offset < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        send(
          descriptor, UnsafeRawBufferPointer(rebasing: buffer[offset...]).baseAddress,
          bytes.count - offset, Self.noSignal)
      }
      guard count > 0 else { return false }
      offset += count
    }
    return true
  }

  /// The next bytes; empty at the end of the stream.
  func read(atMost limit: Int = 65_536) -> [UInt8] {
    let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
      count = max(0, recv(descriptor, buffer.baseAddress, limit, 0))
    }
    return bytes
  }

  /// Ends both directions; a blocked ``read(atMost:)`` or ``accepted()`` returns.
  func end() {
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
