import GitObjects
import Testing

@Suite struct FramedObjectTests {
  @Test(arguments: HashAlgorithm.allCases)
  func hasTheIdThatGitGives(algorithm: HashAlgorithm) throws {
    let git = try GitSandbox(algorithm)
    var generator = SeededGenerator(seed: 4)
    for count in [0, 1, 9, 10, 99, 100, 65_536] {
      let content = generator.bytes(count)
      for kind in ObjectKind.allCases {
        #expect(
          try git.store(kind, content) == FramedObject(kind: kind, content: content).id(algorithm))
      }
    }
  }

  @Test func knowsItsParts() throws {
    let object = FramedObject(kind: .blob, content: Array("hello".utf8))
    #expect(object.bytes == Array("blob 5\0hello".utf8))
    #expect(Array(object.content) == Array("hello".utf8))
    #expect(object.contentSize == 5)
    let read = try FramedObject(framed: object.bytes)
    #expect(read == object)
    #expect(read.kind == .blob)
    #expect(read.content == object.content)
  }

  // "!" stands for NUL, which would end up in the tests' log.
  @Test(arguments: [
    ("", 0), ("blob", 0), ("blob 5", 6), ("blob 5!hell", 7), ("blob 5!hello?", 7),
    ("blob 05!hello", 5), ("blob +5!hello", 5), ("blob -5!hello", 5), ("blob !", 5),
    ("blob 00!", 5), ("blob  0!", 5), ("blub 0!", 0), ("Blob 0!", 0), (" 0!", 0),
    ("blob 99999999999999999999999999!", 5), ("blob 9223372036854775808!", 5),
    ("blob 9223372036854775807!", 25), ("commit 18446744073709551616!", 7),
    ("commitcommitcommit 0!", 0), ("blob 0", 6), ("blob!0!", 0),
  ])
  func refusesOtherHeaders(text: String, offset: Int) {
    let error = #expect(throws: GitObjectError.self) {
      try FramedObject(framed: text.utf8.map { $0 == UInt8(ascii: "!") ? 0 : $0 })
    }
    guard case .malformed(_, let found, let reason) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(found == offset)
    #expect(!reason.isEmpty)
  }

  @Test func readsAHeaderWithoutItsContent() throws {
    let header = try ObjectHeader(parsing: Array("tree 9223372036854775807\0abc".utf8))
    #expect(header == ObjectHeader(kind: .tree, contentSize: .max))
    #expect(header.bytes == Array("tree 9223372036854775807\0".utf8))
    let longest = ObjectHeader(kind: .commit, contentSize: .max)
    #expect(longest.bytes.count == ObjectHeader.maximumByteCount)
    #expect(try ObjectHeader(parsing: longest.bytes) == longest)
  }
}
