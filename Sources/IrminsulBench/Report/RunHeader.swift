import Foundation

/// What every run begins with: the machine, the server and the command, so that it can be repeated.
struct RunHeader: Encodable {
  let machine: Machine
  let redisVersion: String?
  /// Microseconds of server time for a script that does nothing.
  let emptyScript: Double?
  let arguments: [String]

  /// Looks at the machine, and at the server that the run will use.
  static func take(_ place: Place) async throws -> RunHeader {
    let machine = Machine.current
    return try await BenchStore.with(place) { store in
      let counters = try store.counters()
      let emptyScript = try counters.map { _ in
        try EmptyScript.measure(on: try RedisAddress(url: store.url).connect())
      }
      return RunHeader(
        machine: machine, redisVersion: counters?.version, emptyScript: emptyScript)
    }
  }

  private init(machine: Machine, redisVersion: String?, emptyScript: Double?) {
    self.machine = machine
    self.redisVersion = redisVersion
    self.emptyScript = emptyScript
    arguments = CommandLine.arguments.dropFirst().map(Self.withoutPassword)
  }

  /// An argument as it may be shown: a URL's user and password are left out.
  static func withoutPassword(_ argument: String) -> String {
    argument.replacing(#/://[^@\/]*@/#, with: "://…@")
  }

  var lines: [String] {
    var lines = ["irminsul-bench " + arguments.joined(separator: " ")]
    var facts = ["\(machine.cores) cores, \(machine.processor)", machine.system]
    if let redisVersion { facts.append("redis \(redisVersion)") }
    facts.append("load \(Figure.text(machine.load))")
    lines.append(facts.joined(separator: "; "))
    if machine.build != "release" {
      lines.append("This is a \(machine.build) build: its figures mean nothing.")
    }
    if let emptyScript {
      lines.append("An EVALSHA of an empty script: \(Figure.text(emptyScript)) µs of server time")
    }
    return lines
  }

  private enum CodingKeys: String, CodingKey {
    case scenario, cores, processor, system, load, build, redis
    case emptyScript = "empty_evalsha_us"
    case arguments
  }

  func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode("machine", forKey: .scenario)
    try values.encode(machine.cores, forKey: .cores)
    try values.encode(machine.processor, forKey: .processor)
    try values.encode(machine.system, forKey: .system)
    try values.encode(machine.load, forKey: .load)
    try values.encode(machine.build, forKey: .build)
    try values.encode(redisVersion, forKey: .redis)
    try values.encode(emptyScript, forKey: .emptyScript)
    try values.encode(arguments, forKey: .arguments)
  }
}
