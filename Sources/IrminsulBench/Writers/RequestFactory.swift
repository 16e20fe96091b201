import Irminsul
import RedisScripting

/// Makes requests that are ready to be sent, by the library's own encoding.
final class RequestFactory: Sendable {
  private let plan: WorkerPlan
  private let method: Method
  private let layout: Layout
  private let host: RecordingHost
  private let repository: Repository

  init(_ plan: WorkerPlan, _ method: Method, _ layout: Layout) async throws {
    self.plan = plan
    self.method = method
    self.layout = layout
    host = try RecordingHost(recording: "commit")
    var options = Repository.Options()
    options.layout = plan.folder?.layout ?? plan.directories
    repository = try await Repository(host: host, name: plan.storeName, options: options)
  }

  /// The script that the requests run, to be loaded beforehand; nil for plain commands.
  func script() async throws -> String? {
    switch method {
    case .setLimit: nil
    case .emptyLimit: EmptyScript.source
    default: try await call(number: 0, Round(number: -1, limit: .commits(1))).script.source
    }
  }

  /// One request, as the library makes it.
  func example() async throws -> RecordingHost.Call {
    try await call(number: 0, Round(number: 0, limit: .commits(1)))
  }

  /// Calls of all writers in turn, each different from every other.
  func calls(_ numbers: Range<Int>, _ round: Round) async throws -> [RecordingHost.Call] {
    var calls: [RecordingHost.Call] = []
    for number in numbers { calls.append(try await call(number: number, round)) }
    return calls
  }

  /// Requests of all writers in turn, each different from every other.
  ///
  /// - Parameter numbers: The number of the first value and of the one after the last.
  func requests(_ numbers: Range<Int>, _ round: Round) async throws -> PreparedRequests {
    var prepared = PreparedRequests()
    for number in numbers {
      let call = try await call(number: number, round)
      switch method {
      case .setLimit:
        let size = call.arguments.reduce(0) { $0 + $1.count }
        let key = "\(plan.storeName):set:\(plan.firstWriter):\(round.number):\(number)"
        prepared.add([Bytes("SET".utf8), Bytes(key.utf8), Bytes(repeating: 0x78, count: size)])
      case .emptyLimit:
        let script = Script(name: "empty", keys: [], access: .read, source: EmptyScript.source)
        prepared.add(Self.evaluation(of: script, call))
      default: prepared.add(Self.evaluation(of: call.script, call))
      }
    }
    return prepared
  }

  private static func evaluation(of script: Script, _ call: RecordingHost.Call) -> [Bytes] {
    ["EVALSHA", script.sha1, "\(call.keys.count)"].map { Bytes($0.utf8) } + call.keys
      + call.arguments
  }

  private func call(number: Int, _ round: Round) async throws -> RecordingHost.Call {
    let writer = plan.firstWriter + number % plan.writers
    let value = round.value(writer: writer, number: number)
    let branch = repository.branch()
    // The host refuses every commit, having noted it.
    switch layout.target(writer: writer, number: number / plan.writers) {
    case .ownLeaf:
      _ = try? await branch.set(Path(steps: plan.shape.leaf(writer)), to: value, "Write a leaf")
    case .counter:
      _ = try? await IrminsulStore.increment(Path(steps: plan.shape.counter), of: branch)
    }
    let calls = host.takeCalls()
    guard calls.count == 1 else {
      throw BenchError("a commit was \(calls.count) calls of commit.lua, not one")
    }
    return calls[0]
  }
}

/// Bytes of many requests, and where each ends.
struct PreparedRequests: Sendable {
  private var request = RespRequest()
  private var ends: [Int] = []

  var count: Int { ends.count }

  mutating func add(_ words: [Bytes]) {
    request.append(words)
    ends.append(request.count)
  }

  /// Passes the bytes of some of the requests on.
  func withBytes<Result>(
    of range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    let first = range.lowerBound == 0 ? 0 : ends[range.lowerBound - 1]
    let last = range.isEmpty ? first : ends[range.upperBound - 1]
    return try request.bytes.withUnsafeBytes {
      try body(UnsafeRawBufferPointer(rebasing: $0[first..<last]))
    }
  }
}
