import GitObjects
import Testing

@Suite struct ObjectIDTests {
  let emptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"

  @Test func readsAndPrintsHexadecimalInEitherCase() throws {
    let id = try #require(ObjectID(hex: emptyTree))
    #expect(id.algorithm == .sha1)
    #expect(id.hex == emptyTree)
    #expect("\(id)" == emptyTree)
    #expect(ObjectID(hex: emptyTree.uppercased()) == id)
    #expect(ObjectID(hex: Substring(emptyTree)) == id)
    let long = String(repeating: "0123456789abcdef", count: 4)
    let sha256 = try #require(ObjectID(hex: long))
    #expect(sha256.algorithm == .sha256)
    #expect(sha256.hex == long)
  }

  @Test(arguments: [
    "", "4", "4b825dc642cb6eb9a060e54bf8d69288fbee490", "4b825dc642cb6eb9a060e54bf8d69288fbee49040",
    "4b825dc642cb6eb9a060e54bf8d69288fbee490g", "4b825dc642cb6eb9a060e54bf8d69288fbee490\n",
    "+b825dc642cb6eb9a060e54bf8d69288fbee4904", "é4b825dc642cb6eb9a060e54bf8d69288fbee49",
  ])
  func refusesWhatIsNoId(text: String) {
    #expect(ObjectID(hex: text) == nil)
  }

  @Test(arguments: [0, 1, 19, 21, 31, 33, 64])
  func refusesOtherLengths(count: Int) {
    #expect(ObjectID(bytes: [UInt8](repeating: 7, count: count)) == nil)
  }

  @Test func keepsItsBytes() throws {
    var generator = SeededGenerator(seed: 1)
    for count in [20, 32] {
      for _ in 0..<100 {
        let bytes = generator.bytes(count)
        let id = try #require(ObjectID(bytes: bytes))
        #expect(id.bytes == bytes)
        #expect(ObjectID(bytes: bytes[...]) == id)
        #expect(ObjectID(bytes: bytes.lazy.map { $0 }) == id)
        #expect(ObjectID(hex: id.hex) == id)
        #expect(ObjectID(hexDigits: Array(id.hex.utf8)[...]) == id)
        #expect(id.withUnsafeBytes { Array($0) } == bytes)
      }
    }
  }

  @Test func ordersByBytes() throws {
    var generator = SeededGenerator(seed: 2)
    for count in [20, 32] {
      let ids = try (0..<200).map { _ in
        // Few values, so that ids differ late as well as early.
        try #require(ObjectID(bytes: (0..<count).map { _ in UInt8(generator.below(2) * 255) }))
      }
      #expect(ids.sorted().map(\.hex) == ids.map(\.hex).sorted())
    }
  }

  @Test func differsByEveryByteAndByAlgorithm() throws {
    for count in [20, 32] {
      let zeros = [UInt8](repeating: 0, count: count)
      let zero = try #require(ObjectID(bytes: zeros))
      #expect(zero.isZero)
      for place in zeros.indices {
        var bytes = zeros
        bytes[place] = 1
        let id = try #require(ObjectID(bytes: bytes))
        #expect(id != zero)
        #expect(!id.isZero)
        #expect(zero < id)
      }
    }
    #expect(ObjectID.zero(.sha1) != ObjectID.zero(.sha256))
    #expect(ObjectID.zero(.sha1) < ObjectID.zero(.sha256))
    #expect(Set([ObjectID.zero(.sha1), .zero(.sha256), .zero(.sha1)]).count == 2)
  }

  @Test(arguments: HashAlgorithm.allCases)
  func hashesPieceByPieceAsAtOnce(algorithm: HashAlgorithm) {
    var generator = SeededGenerator(seed: 3)
    let content = generator.bytes(10_000)
    let whole = FramedObject(kind: .blob, content: content).id(algorithm)
    var hasher = ObjectHasher(.blob, size: content.count, algorithm)
    var rest = content[...]
    while !rest.isEmpty {
      let piece = rest.prefix(generator.below(300))
      hasher.update(piece)
      rest = rest.dropFirst(piece.count)
    }
    let copy = hasher
    hasher.update([1])
    #expect(copy.finalize() == whole)
    #expect(copy.finalize() == whole)
    #expect(hasher.finalize() != whole)
    #expect(
      ObjectID(hashing: (Array("blob 10000\0".utf8) + content)[...], algorithm: algorithm) == whole)
  }
}
