/// An error reply of a server or of a script: its code word and its text.
public struct ServerError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The whole reply, as the server gave it, without the sign `-` and the end of the line.
  public let bytes: Bytes

  /// An error of that code: `ServerError(code: "ERR", message: "no such key")`.
  public init(code: String, message: String) {
    self.init(reply: message.isEmpty ? code : "\(code) \(message)")
  }

  /// An error reply such as `WRONGTYPE Operation against a key …`.
  public init(reply: String) { bytes = Bytes(reply.utf8) }

  /// An error reply, which need not be UTF-8.
  public init(bytes: Bytes) { self.bytes = bytes }

  /// The reply as text.
  public var description: String { String(decoding: bytes, as: UTF8.self) }

  /// The first word of the reply when it is an upper-case code such as `NOSCRIPT`, else `ERR`: scripts may raise what has
  /// none.
  public var code: String { ownCode ?? "ERR" }

  /// What follows the code; all of a reply that has none.
  public var message: String {
    let reply = description
    return ownCode.map { String(reply.dropFirst($0.count + 1)) } ?? reply
  }

  private var ownCode: String? {
    let word = description.prefix { $0 != " " }
    let isCode =
      !word.isEmpty
      && word.allSatisfy { $0.isASCII && ($0.isUppercase || $0.isNumber || $0 == "_") }
    return isCode ? String(word) : nil
  }

  /// What a person can do about it, for the codes that a server's state or settings cause.
  public var remedy: String? {
    switch code {
    case "LOADING": "The server is still loading its data: wait and try again."
    case "BUSY":
      "A script has been running on the server for too long: wait, or end it with SCRIPT KILL."
    case "READONLY": "This server is a replica: connect to its master."
    case "MOVED", "ASK", "CROSSSLOT", "CLUSTERDOWN":
      "The server is part of a cluster: connect to the node that holds the store's slot."
    case "WRONGTYPE":
      "A key of the store holds something that is not the store's: look for it with TYPE and KEYS."
    case "OOM":
      "The server has reached maxmemory: raise it or free memory. This call has written nothing."
    case "MISCONF":
      "The server cannot save to its disk: see its log, and free disk space. Nothing was written."
    case "NOAUTH":
      "The server asks for a password: give one in the URL, in the environment or in a file."
    case "WRONGPASS": "The user name or the password is wrong, or the user is disabled."
    // Where it is a script that does what its user may not do, servers word it in other ways.
    case "NOPERM",
      "ERR" where message.contains("user executing the script can't"),
      "ERR" where message.contains("ACL failure in script"):
      "The user may not do this: grant it with ACL SETUSER (the README lists what a store needs), or "
        + "use another user."
    case "NOREPLICAS": "Too few replicas are connected: see min-replicas-to-write."
    case "MASTERDOWN": "The replica has lost its master: connect to the master."
    case "DENIED":
      "The server is in protected mode: give it a password, or bind it to the addresses in use."
    case "ERR" where message.contains("without any password configured"):
      "The server has no password: leave it out of the URL, the environment or the file."
    case "ERR" where message.hasPrefix("max number of clients"):
      "The server has too many clients: raise its maxclients, or end some."
    case "ERR" where message.contains("invalid bulk length"):
      "The server takes no value of that size: raise its proto-max-bulk-len, or split the value."
    case "ERR" where message.contains("DB index is out of range"):
      "The server has fewer databases: use a smaller number, or raise its setting `databases`."
    default: nil
    }
  }
}
