import Dispatch
import Foundation
import RedisScripting

/// A program that runs beside this one, in a process group of its own: what a terminal tells this one's is not for it.
///
/// Foundation's own needs a run loop, sockets and threads, which take longer than a short git command does.
final class SpawnedProcess: Sendable {
  struct Ending: Sendable {
    let status: Int32
    let wasKilled: Bool
  }

  /// The descriptors that it is given; nil: it reads nothing.
  struct Streams {
    var input: Int32?
    var output: Int32
    var messages: Int32
  }

  /// How it has ended, once it has.
  let ending = Arrival<Ending>()
  /// nil from when it has ended on: another program may get the number.
  private let number: Locked<pid_t?>

  /// Starts it; nothing else that is open here is open for it.
  init(
    _ path: String, _ arguments: [String], environment: [String: String], _ streams: Streams
  ) throws(BlockingFile.Failure) {
    let number = try Self.spawn(
      path, [path] + arguments, environment.map { "\($0)=\($1)" }, streams)
    self.number = Locked(number)
    DispatchQueue(label: "irminsul.process").async { self.wait(for: number) }
  }

  /// Ends it at once, if it runs.
  func kill() {
    number.withLock { if let number = $0 { _ = Foundation.kill(number, SIGKILL) } }
  }

  private func wait(for child: pid_t) {
    var information = siginfo_t()
    // Leaves it to be asked below, so that its number is its own as long as somebody may end it.
    while waitid(P_PID, id_t(child), &information, WEXITED | WNOWAIT) < 0, errno == EINTR {}
    let ending = number.withLock { number in
      number = nil
      var status: Int32 = 0
      while waitpid(child, &status, 0) < 0 {
        // Whoever has taken the status away knows it.
        if errno != EINTR { return Ending(status: -1, wasKilled: false) }
      }
      let signal = status & 0x7F
      return signal == 0
        ? Ending(status: status >> 8 & 0xFF, wasKilled: false)
        : Ending(status: signal, wasKilled: true)
    }
    self.ending.arrive(ending)
  }

  private static func spawn(
    _ path: String, _ arguments: [String], _ variables: [String], _ streams: Streams
  ) throws(BlockingFile.Failure) -> pid_t {
    #if canImport(Darwin)
      var actions: posix_spawn_file_actions_t?
      var attributes: posix_spawnattr_t?
    #else
      var actions = posix_spawn_file_actions_t()
      var attributes = posix_spawnattr_t()
    #endif
    try check(posix_spawn_file_actions_init(&actions))
    defer { posix_spawn_file_actions_destroy(&actions) }
    if let input = streams.input {
      try check(posix_spawn_file_actions_adddup2(&actions, input, 0))
    } else {
      try check(posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0))
    }
    try check(posix_spawn_file_actions_adddup2(&actions, streams.output, 1))
    try check(posix_spawn_file_actions_adddup2(&actions, streams.messages, 2))
    #if !canImport(Darwin)
      for descriptor in openDescriptors() where descriptor > 2 {
        try check(posix_spawn_file_actions_addclose(&actions, descriptor))
      }
    #endif

    try check(posix_spawnattr_init(&attributes))
    defer { posix_spawnattr_destroy(&attributes) }
    var flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
    #if canImport(Darwin)
      flags |= POSIX_SPAWN_CLOEXEC_DEFAULT
    #endif
    try check(posix_spawnattr_setflags(&attributes, Int16(flags)))
    try check(posix_spawnattr_setpgroup(&attributes, 0))
    // The threads of tasks block all signals, and this program may ignore some: neither is meant for others.
    var signals = sigset_t()
    sigemptyset(&signals)
    try check(posix_spawnattr_setsigmask(&attributes, &signals))
    for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGCHLD] {
      sigaddset(&signals, signal)
    }
    try check(posix_spawnattr_setsigdefault(&attributes, &signals))

    var words = arguments.map { strdup($0) } + [nil]
    var settings = variables.map { strdup($0) } + [nil]
    defer { for word in words + settings { free(word) } }
    var number: pid_t = 0
    try check(posix_spawn(&number, path, &actions, &attributes, &words, &settings))
    return number
  }

  #if !canImport(Darwin)
    /// What is open, sockets of other libraries among it that anybody would inherit.
    private static func openDescriptors() -> [Int32] {
      guard let folder = opendir("/proc/self/fd") else { return [] }
      defer { closedir(folder) }
      var descriptors: [Int32] = []
      while let entry = readdir(folder) {
        let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
          String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        if let descriptor = Int32(name) { descriptors.append(descriptor) }
      }
      return descriptors
    }
  #endif

  private static func check(_ number: Int32) throws(BlockingFile.Failure) {
    if number != 0 { throw BlockingFile.Failure(number: number) }
  }
}
