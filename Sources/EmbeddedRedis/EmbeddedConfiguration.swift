/// Where an ``EmbeddedHost`` keeps its data, and its limits.
///
/// ```swift
/// var configuration = EmbeddedConfiguration(storage: .memory)
/// configuration.scriptTimeLimit = .seconds(1)
/// let host = try EmbeddedHost.open(configuration)
/// ```
public struct EmbeddedConfiguration: Sendable {
  /// Where the keys live.
  public enum Storage: Sendable, Hashable {
    /// In this process: gone when the host is.
    case memory
    /// In one SQLite database, which several processes may use at once.
    case file(path: String, FileMode = .createIfMissing)
  }

  /// What to do when there is no file yet.
  public enum FileMode: Sendable, Hashable {
    case createIfMissing
    case mustExist
  }

  /// When a write counts as done.
  public enum Durability: Sendable, Hashable {
    /// When it is on the disk: it survives a loss of power.
    case full
    /// When the system has it: it survives the end of the process; the last writes before a loss of
    /// power may be missing, but the file is intact.
    case normal
  }

  /// Which keys a script may use.
  public enum KeyRule: Sendable, Hashable {
    /// Any, as on a single server.
    case any
    /// Those that it was given in KEYS.
    case declared
    /// Those that it was given in KEYS, all of which lie in one slot, as clusters want it.
    case declaredInOneSlot
  }

  /// The levels of `redis.log`.
  public enum LogLevel: Int, Sendable {
    case debug, verbose, notice, warning
  }

  public var storage: Storage
  /// A script that runs longer is stopped.
  public var scriptTimeLimit: Duration = .seconds(5)
  /// The bytes that one interpreter may hold. A script that takes a value of 512 MiB and copies it
  /// once needs the default; there is one interpreter in memory, up to five on a file.
  public var scriptMemoryLimit: Int = 2 << 30
  /// The bytes that a reply may have; a script whose reply is larger fails.
  public var replyLimit: Int = 1 << 30
  /// Redis' `maxmemory`: commands that grow, and scripts that call them, are refused with `OOM …` while the process
  /// has more bytes of memory in use. 0 for no limit, and none where the allocator does not tell (on Linux it is glibc's). With 1 a test sees what a script does on a full server.
  public var maximumMemory: Int = 0
  /// Which keys scripts may use.
  public var keyRule = KeyRule.any
  /// How long a writer waits for another process that writes to the same file.
  public var busyTimeout: Duration = .seconds(5)
  public var durability: Durability = .full
  /// The time that expiries, `TIME` and the ids of streams go by.
  public var clock = EmbeddedClock.system
  /// Makes SPOP, SRANDMEMBER, RANDOMKEY and their like choose the same each time; nil for chance.
  public var randomSeed: UInt64?
  /// Takes the messages of `redis.log`; called on the thread that runs the script.
  public var log: @Sendable (LogLevel, String) -> Void = { _, _ in }
  /// Takes which lines of the scripts have run; scripts are some three times slower then.
  public var coverage: ScriptCoverage?
  /// Takes each `redis.call` of the scripts; nothing is slower without one.
  package var observer: ScriptObserver?
  /// Looks into the scripts while they run; nothing is slower without one.
  package var hook: ScriptHook?
  /// What the host has loaded, which INFO counts.
  var scripts = ScriptRegistry()
  var functions = FunctionRegistry()
  var statistics = CallStatistics()
  var memoryLimit = MemoryLimit(bytes: 0)

  /// The default limits.
  public init(storage: Storage) {
    self.storage = storage
  }
}
