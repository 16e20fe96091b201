import GitObjects
import Irminsul
import IrminsulTestKit
import RedisScripting
import Testing

/// The classic layers: a store from nothing but them, and ours as one of them.
@Suite struct BackendTests {
  @Test(arguments: Behaviour.all.filter { $0.need == .nothing }, HashAlgorithm.allCases)
  func dictionaries(_ behaviour: Behaviour, _ hash: HashAlgorithm) async throws {
    try await behaviour.check(on: Repository(backend: DictionaryBackend(algorithm: hash)))
  }

  @Test func kvHasIrminsDefaults() async throws {
    let store = try KV<String>(backend: DictionaryBackend())
    try await store.set(["a", "b"], to: "hello", "First")
    #expect(try await store.get(["a", "b"]) == "hello")
    #expect(try await store.find(["none"]) == nil)
    #expect(try await store.mem(["a"]) == false)
    #expect(try await store.memTree(["a"]))
    #expect(try await store.list(["a"]).map(\.name) == ["b"])
    try await store.testAndSet(["a", "b"], test: "hello", set: nil, "Remove")
    #expect(try await store.list([]).isEmpty)
    let topic = try store.ofBranch("topic")
    try await topic.set(["x"], to: "1", "Topic")
    #expect(try await store.find(["x"]) == nil)
    #expect(try await store.repository.branches() == ["main", "topic"])
    #expect(throws: StoreError.self) { try store.ofBranch("bad name") }
  }

  enum ScriptsSchema: Schema {
    typealias Contents = JSON
    typealias Metadata = FilePermission
    typealias Path = Irminsul.Path
    static var hash: HashAlgorithm { .sha256 }
  }

  @Test func makeTakesEverythingAsParameters() async throws {
    let store = try Make<ScriptsSchema>(backend: DictionaryBackend(algorithm: .sha256))
    try await store.set("bin/run", to: ["a": 1], metadata: .executable, "Script")
    let found = try #require(try await store.findAll("bin/run"))
    #expect(found.metadata == .executable)
    #expect(found.contents == ["a": 1])
    #expect(try await store.head()?.id.algorithm == .sha256)
    #expect(throws: StoreError.self) {
      try Make<ScriptsSchema>(backend: DictionaryBackend(algorithm: .sha1))
    }
  }

  @Test func layersOfAScriptedStore() async throws {
    let server = try await TestServers.shared.plain()
    let repository = try await Repository.open(server.url + "?name=\(TestServers.freshName())")
    let backend = try #require(repository.backend)

    let blob = FramedObject(kind: .blob, content: Array("hello".utf8))
    let id = try await backend.objects.add(blob)
    #expect(id.hex == "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0")
    #expect(try await backend.objects.add(blob) == id)
    #expect(try await backend.objects.mem(id))
    #expect(try await backend.objects.find(id) == blob)
    let absent = ObjectID.zero(.sha1)
    #expect(try await !backend.objects.mem(absent))
    #expect(try await backend.objects.find(absent) == nil)

    #expect(try await backend.links.find(id) == nil)
    try await backend.links.add(id, absent)
    #expect(try await backend.links.find(id) == absent)
    #expect(try await backend.links.mem(id))

    let first = try #require(try await repository.branch().set("a", to: "1", "One").head)
    let second = try #require(try await repository.branch().set("a", to: "2", "Two").head)
    let branches = backend.branches
    #expect(try await branches.list() == ["main"])
    #expect(try await branches.find("main") == second)
    #expect(try await !branches.mem("none"))
    #expect(try await !branches.testAndSet("main", test: first, set: first))
    #expect(try await branches.testAndSet("main", test: second, set: first))
    #expect(try await branches.testAndSet("other", test: nil, set: second))
    #expect(try await !branches.testAndSet("other", test: nil, set: first))
    #expect(try await branches.testAndSet("other", test: second, set: nil))
    #expect(try await branches.list() == ["main"])
    try await branches.set("other", first)
    try await branches.remove("other")
    #expect(try await branches.find("other") == nil)

    let (seen, input) = AsyncStream<ObjectID?>.makeStream()
    let watch = try await branches.watchKey("main", initial: second) { id in input.yield(id) }
    var changes = seen.makeAsyncIterator()
    // What the caller knows differs from what is there now: that comes first.
    #expect(await changes.next() == .some(first))
    let other = try await Repository.open(server.url + "?name=\(backend.storeName)")
    try await other.branch().setHead(second)
    #expect(await changes.next() == .some(second))
    try await branches.unwatch(watch)
    try await branches.remove("main")
    input.finish()
    #expect(await changes.next() == nil)
    await other.close()
    await repository.close()
  }
}
