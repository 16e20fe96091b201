import Testing

/// URLs that are those of no store: what is wrong with them is said, and nothing of them that may be
/// a password.
@Suite struct BadURLTests {
  @Test(arguments: [
    ("", "bad store URL \"\""),
    ("foo", "bad store URL \"foo\""),
    ("memory", "bad store URL \"memory\""),
    ("http://\(secret)@host", "bad store URL \"http…\""),
    ("redis:/user:\(secret)@host", "bad store URL \"redis…\""),
    ("reddis://user:\(secret)@host", "bad store URL \"reddis…\""),
    ("user:\(secret)@host", "bad store URL \"user…\""),
    ("memory:x", "memory: has no path"),
    ("memory:?hash=md5", "use sha1 or sha256"),
    ("file:", "the path is missing"),
    ("file:a%zz", "not percent-encoded rightly"),
    ("file://host/path", "file: URLs have no host"),
    ("file:a?colour=red", "unknown option \"colour=red\""),
    ("file:a?name=a%20b", "bad store name \"a b\""),
    ("file:a?name={x}", "bad store name \"{x}\""),
    ("file:a?name=", "bad store name \"\""),
    ("file:a?hash=md5", "use sha1 or sha256"),
    ("redis://", "names no host"),
    ("redis://:\(secret)@", "names no host"),
    ("redis://host:0", "the port of the Redis URL must be a number from 1 to 65535"),
    ("redis://host:99999", "the port of the Redis URL"),
    ("redis://host:12ab", "the port of the Redis URL"),
    ("redis://::1:6379", "stands in brackets"),
    ("redis://[::1", "lacks its \"]\""),
    ("redis://host/one", "the database of a Redis URL must be a number"),
    ("redis://host/-1", "the database of a Redis URL must be a number"),
    ("redis://user@host", "names a user but there is no password"),
    ("redis://user:\(secret)/x@host", "write / as %2F"),
    ("redis://user:\(secret)?x@host", "write / as %2F"),
    ("redis://user:\(secret)#x@host", "write / as %2F"),
    ("redis://user:\(secret)@x@host", "@ as %40"),
    ("redis://user:\(secret)%@host", "write % as %25"),
    ("redis://:\(secret)@host?colour=red", "a Redis URL has no item \"colour\""),
    ("redis://:\(secret)@host?name=a&name=b", "has \"name\" twice"),
    ("redis://:\(secret)@host?password-file=x", "leave one of them out"),
    ("redis://host?timeout=soon", "\"timeout\" of the Redis URL must be a time"),
    ("redis://host?connections=0", "\"connections\" of the Redis URL must be a number"),
    ("redis://host?cacert=ca.pem", "\"cacert\" is for TLS: write rediss://"),
    ("redis://host?evict=perhaps", "use accepted or refused"),
    ("rediss://host?verify=perhaps", "\"verify\" of the Redis URL must be one of"),
    ("rediss://host?cert=a.pem", "cert and key of a Redis URL belong together"),
    ("rediss://host?cacert=absent.pem", "the cacert file absent.pem cannot be used"),
    ("redis+unix://host/socket", "three slashes and a path"),
    ("redis+unix://", "three slashes and a path"),
  ])
  func aURLThatCannotBeRight(url: String, words: String) async throws {
    let sandbox = try Sandbox()
    let option = try await sandbox.irminsul("set", "a=1", "--store", url)
    expectRefusal(option, .usage, words)
    #expect(try sandbox.names() == [])
  }

  @Test func theSameFromTheEnvironment() async throws {
    let sandbox = try Sandbox()
    let transcript = try await sandbox.irminsul(
      "get", "a", environment: ["IRMINSUL_STORE": "reddis://user:\(secret)@host"])
    expectRefusal(transcript, .usage, "bad store URL \"reddis…\"", "Use memory:, file:PATH")
  }

  @Test func formsThatAreRight() async throws {
    let sandbox = try Sandbox()
    let path = "\(sandbox.work)/store"
    expectDone(try await sandbox.irminsul("set", "a=1", "--store", "file:\(path)"))
    for url in ["file:store", "file://\(path)", "file:./st%6Fre", "file:store?durability=normal"] {
      expectDone(try await sandbox.irminsul("get", "a", "--store", url), "1")
    }
    expectDone(try await sandbox.irminsul("init", "--store", "memory:"))
  }
}
