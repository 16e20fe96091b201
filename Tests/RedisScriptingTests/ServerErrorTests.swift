import RedisScripting
import Testing

/// Error replies: their code, their text, and what a person can do about them.
@Suite struct ServerErrorTests {
  @Test(arguments: [
    ("ERR no such key", "ERR", "no such key"),
    ("WRONGTYPE Operation against a key", "WRONGTYPE", "Operation against a key"),
    ("MOVED 866 10.0.0.2:6379", "MOVED", "866 10.0.0.2:6379"),
    ("NOTTREE", "NOTTREE", ""),
    ("REF_2CLASH  two spaces", "REF_2CLASH", " two spaces"),
    ("", "ERR", ""),
    (" leading space", "ERR", " leading space"),
    ("no code here", "ERR", "no code here"),
    ("Noauth required", "ERR", "Noauth required"),
    ("ÄRGER mit dem Server", "ERR", "ÄRGER mit dem Server"),
    ("user_script:1: Script attempted", "ERR", "user_script:1: Script attempted"),
  ])
  func codesAndTexts(reply: String, code: String, message: String) {
    let error = ServerError(reply: reply)
    #expect(error.code == code)
    #expect(error.message == message)
    #expect(error.bytes == Bytes(reply.utf8))
  }

  @Test(arguments: [("NOTTREE", ""), ("ERR", "no such key"), ("MOVED", "866 10.0.0.2:6379")])
  func partsMakeTheReply(code: String, message: String) {
    let error = ServerError(code: code, message: message)
    #expect(error.code == code)
    #expect(error.message == message)
  }

  /// A script may raise what has no code, or is no text: none of these is another.
  @Test func whatScriptsRaiseStaysAsItIs() {
    #expect(ServerError(reply: "My Err") != ServerError(reply: "ERR My Err"))
    #expect(ServerError(bytes: [0xff]) != ServerError(bytes: [0xfe]))
  }

  @Test func theDescriptionIsTheReply() {
    #expect("\(ServerError(reply: "ERR no such key"))" == "ERR no such key")
    #expect("\(ServerError(reply: "no code here"))" == "no code here")
    #expect("\(ServerError(reply: "NOTTREE"))" == "NOTTREE")
  }

  /// Texts as servers word them, with a word of what can be done.
  @Test(arguments: [
    ("LOADING Redis is loading the dataset in memory", "wait"),
    ("BUSY Redis is busy running a script.", "SCRIPT KILL"),
    ("READONLY You can't write against a read only replica.", "master"),
    ("MOVED 866 10.0.0.2:6379", "node"),
    ("ASK 866 10.0.0.2:6379", "node"),
    ("CROSSSLOT Keys in request don't hash to the same slot", "node"),
    ("CLUSTERDOWN Hash slot not served", "node"),
    ("OOM command not allowed when used memory > 'maxmemory'.", "maxmemory"),
    ("MISCONF Redis is configured to save RDB snapshots", "disk"),
    ("NOAUTH Authentication required.", "password"),
    ("WRONGPASS invalid username-password pair", "password is wrong"),
    ("WRONGTYPE Operation against a key", "TYPE"),
    ("NOPERM this user has no permissions to run the 'get' command", "ACL SETUSER"),
    ("ERR The user executing the script can't run this command or subcommand", "ACL SETUSER"),
    ("ERR ACL failure in script: User a has no permissions to run 'hset'", "ACL SETUSER"),
    ("NOREPLICAS Not enough good replicas to write.", "replicas"),
    ("MASTERDOWN Link with MASTER is down", "master"),
    ("DENIED Redis is running in protected mode", "password"),
    ("ERR AUTH <password> called without any password configured", "leave it out"),
    ("ERR max number of clients reached", "maxclients"),
    ("ERR DB index is out of range", "databases"),
    ("ERR Protocol error: invalid bulk length", "proto-max-bulk-len"),
  ])
  func remedies(reply: String, word: String) throws {
    let remedy = try #require(ServerError(reply: reply).remedy)
    #expect(remedy.contains(word))
    #expect(!remedy.contains("\n"))
  }

  @Test(arguments: ["ERR syntax error", "NOTTREE a", "", "ERRORS max number"])
  func errorsThatOnlyTheCallerCanExplain(reply: String) {
    #expect(ServerError(reply: reply).remedy == nil)
  }
}
