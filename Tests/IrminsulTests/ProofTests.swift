import Foundation
import GitObjects
import RedisScripting
import Testing

@testable import Irminsul

/// Proofs as bytes: altered, cut, forged, large, and checked by another program.
@Suite struct ProofTests {
  /// Stores of both layouts and both hashes.
  private static let places = [
    "memory:", "memory:?layout=wide", "memory:?hash=sha256", "memory:?layout=wide&hash=sha256",
  ]

  /// A store with small folders and a large one, and paths in it, there or not.
  private func withStore(
    at url: String, _ body: (Repository, Commit, [Path]) async throws -> Void
  ) async throws {
    let repository = try await Repository.open(url)
    var edits = try (0..<150).map { try BranchEdit.set(Path("jobs/job-\($0)"), "\($0)") }
    edits += [
      try .set("a/b/c/d", "deep"), try .set("a/b/e", "e"), try .set("%", "odd"),
      try .set("run", "#!", mode: .executable), try .set("jobs/!a", "x"), try .set("jobs/jo", "x"),
    ]
    let commit = try #require(try await repository.branch().commit(edits, "Fill").commit)
    try await body(
      repository, commit,
      [
        "", "a/b/c/d", "a/b", "%", "run", "jobs", "jobs/job-77", "jobs/!a", "jobs/jo", "none",
        "jobs/job-777", "jobs/job-", "jobs/k", "jobs/! 3", "a/b/c/d/e", "a/x/y", "run/x",
      ])
    await repository.close()
  }

  /// Whether a proof in its written form holds for what somebody wants to know.
  private func holds(_ bytes: Bytes, _ root: ObjectID, _ path: Path) -> Bool {
    (try? PathProof(decoding: bytes).verify(root: root, path: path)) != nil
  }

  /// With the checksum that somebody who alters a proof would give it.
  private func sealed(_ bytes: Bytes, _ algorithm: HashAlgorithm) -> Bytes {
    let body = bytes.dropLast(algorithm.byteCount)
    return Bytes(body) + ObjectID(hashing: body, algorithm: algorithm).bytes
  }

  @Test(arguments: places)
  func anyByteChanged(_ url: String) async throws {
    try await withStore(at: url) { repository, commit, paths in
      for path in ["a/b/c/d", "a/x/y", "jobs/job-77"] as [Path] {
        let proof = try await repository.proof(of: path, in: commit.id)
        let bytes = proof.encoded()
        let value = proof.finding
        #expect(holds(bytes, commit.id, path))
        // A large one would take a while: each byte in one bit, and every bit of the smaller ones.
        let masks: [UInt8] = bytes.count < 1500 ? [1, 2, 4, 8, 16, 32, 64, 128, 255] : [1]
        for place in bytes.indices {
          for mask in masks {
            var altered = bytes
            altered[place] ^= mask
            #expect((try? PathProof(decoding: altered)) == nil, "\(path): byte \(place)")
          }
          // By somebody who makes the checksum fit: what it shows stays true, or it does not hold.
          var forged = bytes
          forged[place] ^= 1
          if place < bytes.count - repository.algorithm.byteCount {
            #expect(
              !holds(sealed(forged, repository.algorithm), commit.id, path), "\(path): \(place)")
          }
        }
        #expect(try PathProof(decoding: bytes).finding == value)
      }
    }
  }

  @Test(arguments: places)
  func cutOrLengthened(_ url: String) async throws {
    try await withStore(at: url) { repository, commit, paths in
      let algorithm = repository.algorithm
      for path in ["a/b/c/d", "a/x/y"] as [Path] {
        let proof = try await repository.proof(of: path, in: commit.id)
        let bytes = proof.encoded()
        for length in bytes.indices {
          #expect((try? PathProof(decoding: Bytes(bytes.prefix(length)))) == nil)
          // Without the value, but nothing else, it is a proof of the entry alone.
          let cut = sealed(Bytes(bytes.prefix(length)), algorithm)
          if let left = try? PathProof(decoding: cut), left.root == commit.id, left.path == path {
            guard case .present(_, nil) = left.finding, left.objects == proof.objects.dropLast()
            else {
              Issue.record("\(path): \(length) bytes of \(bytes.count) hold")
              continue
            }
          }
        }
        for more in [[0], [0, 0, 0, 0], Bytes(repeating: 255, count: 4), bytes] as [Bytes] {
          #expect((try? PathProof(decoding: bytes + more)) == nil)
          let body = Bytes(bytes.dropLast(algorithm.byteCount))
          let forged = body + more + Bytes(repeating: 0, count: algorithm.byteCount)
          #expect(!holds(sealed(forged, algorithm), commit.id, path))
        }
        // An object that is there twice, or that nothing asks for.
        let last = try #require(proof.objects.last)
        #expect(throws: StoreError.self) {
          try PathProof(root: proof.root, path: path, objects: proof.objects + [last])
        }
        #expect(throws: StoreError.self) {
          try PathProof(root: proof.root, path: path, objects: Array(proof.objects.dropFirst()))
        }
      }
    }
  }

  @Test func lengthsThatAreLies() throws {
    let zero = ObjectID.zero(.sha1)
    for lie in [0x7FFF_FFFF, 0xFFFF_FFFF, 100] {
      for kind in [ProofFormat.Kind.path, .computation] {
        var steps = ProofFormat.Writer(kind, .sha1)
        if kind == .computation { steps.add(1) }
        steps.add(zero)
        steps.add(zero)
        steps.add(count: lie)
        let bytes = steps.finish()
        #expect(throws: StoreError.self) { try PathProof(decoding: bytes) }
        #expect(throws: StoreError.self) { try Proof(decoding: bytes) }
        var count = ProofFormat.Writer(kind, .sha1)
        count.add(zero)
        count.add(count: lie)
        count.add(count: lie)
        let other = count.finish()
        #expect(throws: StoreError.self) { try PathProof(decoding: other) }
      }
    }
    for bytes in [[], [0], Bytes("irmproof".utf8), Bytes("irmproof\u{1}\u{1}\u{1}".utf8)] as [Bytes]
    {
      #expect(throws: StoreError.self) { try PathProof(decoding: bytes) }
      #expect(throws: StoreError.self) { try Proof(decoding: bytes) }
    }
  }

  @Test(arguments: places)
  func anyByteOfAComputationChanged(_ url: String) async throws {
    try await withStore(at: url) { repository, commit, _ in
      @Sendable func compute(_ tree: inout Tree) async throws -> String {
        let text = try await tree.get("a/b/c/d", as: String.self)
        tree = try await tree.adding(text + "er", at: "a/b/e").removing("run")
        return text
      }
      let proof = try await repository.prove(commit.id) { try await compute(&$0) }.proof
      let bytes = proof.encoded()
      let after = proof.after
      for place in bytes.indices {
        var altered = bytes
        altered[place] ^= 1
        #expect((try? Proof(decoding: altered)) == nil, "byte \(place)")
        // What is not read is not there; how new directories are written is a part of what it claims.
        guard place < bytes.count - repository.algorithm.byteCount, place != 11,
          let forged = try? Proof(decoding: sealed(altered, repository.algorithm))
        else { continue }
        await #expect(throws: StoreError.self, "byte \(place)") {
          try await forged.verify(root: commit.id) { _ = try await compute(&$0) }
        }
      }
      for length in stride(from: 0, to: bytes.count, by: 7) {
        #expect((try? Proof(decoding: Bytes(bytes.prefix(length)))) == nil)
      }
      #expect((try? Proof(decoding: bytes + [0])) == nil)
      #expect((try? PathProof(decoding: bytes)) == nil)
      let same = try Proof(decoding: bytes)
      #expect(try await same.verify(root: commit.id) { try await compute(&$0) } == "deep")
      #expect(same.after == after)
    }
  }

  /// A proof could say that a wide directory is none, and that a name in it is absent.
  @Test func whatADirectoryIsItsBytesSay() async throws {
    try await withStore(at: "memory:?layout=wide") { repository, commit, _ in
      let proof = try await repository.proof(of: "jobs/job-77", in: commit.id)
      #expect(proof.objects.count > 4)
      // The commit, the root and the top alone: read as a plain tree, the top has no such name.
      #expect(throws: StoreError.self) {
        try PathProof(root: commit.id, path: "jobs/job-77", objects: Array(proof.objects.prefix(3)))
      }
      let computed = try await repository.prove(commit.id) { try await $0.mem("jobs/job-77") }
      #expect(computed.result)
      var bytes = computed.proof.encoded()
      #expect(bytes[11] == 2)
      bytes[11] = 1
      let forged = try Proof(decoding: sealed(bytes, .sha1))
      await #expect(throws: StoreError.self) {
        try await forged.verify(root: commit.id) { _ = try await $0.mem("jobs/job-77") }
      }
      // The same folder in a store that is not wide.
      let top = try #require(try await repository.tree(commit.id).entry("jobs"))
      let other = try await Repository.open("memory:")
      try await other.objects.write([
        IdentifiedObject(try await repository.objects.read(top.id), .sha1),
        IdentifiedObject(WideNode.explanation, .sha1),
      ])
      await #expect(throws: StoreError.self) { try await other.proof(of: "x", in: top.id) }
      await #expect(throws: StoreError.self) {
        try await other.prove(top.id) { try await $0.mem("x") }
      }
      await other.close()
    }
  }

  // MARK: Another program

  private static let page = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../Sources/Irminsul/Irminsul.docc/Proofs.md").standardizedFileURL

  /// Runs the checker of the article on some files; a line for each.
  private func check(_ files: [(name: String, bytes: Bytes)]) throws -> [String] {
    let text = try String(contentsOf: Self.page, encoding: .utf8)
    let code = try #require(text.components(separatedBy: "```python\n").dropFirst().first)
      .components(separatedBy: "```")[0]
    let folder = FileManager.default.temporaryDirectory.appending(path: TestServers.freshName())
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let script =
      code + """

        import sys
        for name in sys.argv[1:]:
            try:
                root, path, mode, id, value = check(open(name, "rb").read())
                print(root.hex(), b"/".join(path).hex(), mode and mode.decode(), id and id.hex(), value and value.hex())
            except (AssertionError, ValueError, KeyError, IndexError):
                print("bad")

        """
    let program = folder.appending(path: "check.py")
    try Data(script.utf8).write(to: program)
    for file in files { try Data(file.bytes).write(to: folder.appending(path: file.name)) }
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments =
      ["python3", program.path] + files.map { folder.appending(path: $0.name).path }
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  private func hex(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }

  @Test(arguments: places)
  func theArticlesCheckerAgrees(_ url: String) async throws {
    try await withStore(at: url) { repository, commit, paths in
      var files: [(name: String, bytes: Bytes)] = []
      var wanted: [String] = []
      for (number, path) in paths.enumerated() {
        for root in [commit.id, commit.tree] {
          let proof = try await repository.proof(
            of: path, in: root, value: number % 3 == 0 ? .omitted : .included)
          files.append(("\(files.count)", proof.encoded()))
          var line = "\(root) \(hex(path.bytes)) "
          switch proof.finding {
          case .absent: line += "None None None"
          case .present(let entry, let value):
            line += "\(entry.mode) \(entry.id) \(value.map { hex($0) } ?? "None")"
          }
          wanted.append(line)
        }
      }
      // Altered, with a checksum that fits: what both make of it.
      let bytes = files[2].bytes
      for place in stride(from: 0, to: bytes.count - repository.algorithm.byteCount, by: 5) {
        var altered = bytes
        altered[place] ^= 1
        let forged = sealed(altered, repository.algorithm)
        guard (try? PathProof(decoding: forged)) == nil else { continue }
        files.append(("\(files.count)", forged))
        wanted.append("bad")
      }
      #expect(try check(files) == wanted)
    }
  }

  @Test func theArticleHasTheIDsOfTheMark() throws {
    let text = try String(contentsOf: Self.page, encoding: .utf8)
    for id in WideNode.explanations.values { #expect(text.contains("\"\(id)\"")) }
  }

  // MARK: Large trees

  /// `IRMINSUL_PROOF_LEAVES` says how many there are; the figures of the article are of a million.
  private static let leaves =
    ProcessInfo.processInfo.environment["IRMINSUL_PROOF_LEAVES"].flatMap { Int($0) } ?? 30_000
  private static let isReporting =
    ProcessInfo.processInfo.environment["IRMINSUL_PROOF_LEAVES"] != nil

  private func directory(_ names: some Sequence<String>, _ child: (String) -> Directory.Child)
    -> Directory
  {
    Directory(
      edits: Dictionary(
        names.map { (Bytes($0.utf8), child($0)) }, uniquingKeysWith: { first, _ in first }))
  }

  private func leaf(_ text: String) -> Directory.Child {
    .blob(.blob, FramedObject(kind: .blob, content: Bytes(text.utf8)))
  }

  /// Three levels of equally many names, or one level of all.
  private func sample(_ count: Int, isFlat: Bool) -> (Directory, present: [Path], absent: [Path]) {
    if isFlat {
      let names = (0..<count).map { "job-\(10_000_000 + $0)" }
      return (
        directory(["jobs"]) { _ in .directory(directory(names) { leaf($0) }) },
        [0, count / 3, count - 1].map { Path("jobs/\(names[$0])") },
        ["jobs/job-1000000", "jobs/job-2", "jobs/a", "job"]
      )
    }
    let side = Int(Foundation.cbrt(Double(count)).rounded())
    let names = (0..<side).map { "name-\(10_000 + $0)" }
    return (
      directory(names) { one in
        .directory(
          directory(names) { two in .directory(directory(names) { leaf("\(one)\(two)\($0)") }) })
      },
      [0, side / 3, side - 1].map { Path("\(names[$0])/\(names[side - 1])/\(names[$0])") },
      [
        Path("\(names[0])/\(names[1])/name-1"), Path("\(names[2])/none/x"), "zzz",
        Path("\(names[0])/\(names[1])/\(names[1])/below"),
      ]
    )
  }

  @Test(
    arguments: [("git", false), ("wide", false), ("git", true), ("wide", true)],
    [HashAlgorithm.sha1, .sha256])
  func aLargeTree(_ shape: (layout: String, isFlat: Bool), _ algorithm: HashAlgorithm) async throws
  {
    if !Self.isReporting, algorithm == .sha256, !shape.isFlat { return }
    let repository = try await Repository.open(
      "memory:?layout=\(shape.layout)&hash=\(algorithm.rawValue)")
    let (root, present, absent) = sample(Self.leaves, isFlat: shape.isFlat)
    var new: [IdentifiedObject] = []
    let tree = Tree(root: root, objects: repository.objects)
    let id = try await tree.write(algorithm, into: &new)
    try await repository.objects.engine.writeObjects(new)
    new = []
    var sizes: [Int] = []
    var time = Duration.zero
    for path in present + absent {
      let bytes = try await repository.proof(of: path, in: id).encoded()
      sizes.append(bytes.count)
      let finding = try PathProof(decoding: bytes).verify(root: id, path: path)
      time += try ContinuousClock().measure { _ = try PathProof(decoding: bytes) }
      #expect((finding == .absent) == absent.contains(path))
      // Any bytes: some of those in the middle, the first and the last.
      for place in stride(from: 0, to: bytes.count, by: 1 + bytes.count / 9) {
        var altered = bytes
        altered[place] ^= 0x10
        #expect((try? PathProof(decoding: altered)) == nil)
      }
    }
    // 20 for wide, of two levels more than the logarithm; for git the whole folder.
    let perName = 8 + 12 + algorithm.byteCount
    let levels = shape.isFlat ? 1 : 3
    let side = shape.isFlat ? Self.leaves : Int(Foundation.cbrt(Double(Self.leaves)).rounded())
    let digits = Int((Foundation.log(Double(side)) / Foundation.log(16)).rounded(.up)) + 3
    let bound =
      shape.layout == "git"
      ? levels * side * perName + 500 : levels * (digits * 17 + 32) * perName + 500
    #expect(sizes.max() ?? 0 <= bound)
    // A computation on it: what it reads, and no more, is in the proof.
    let proved = try await repository.prove(id) { tree in
      for path in present { _ = try await tree.find(path) }
      tree = try await tree.adding("new", at: absent[0]).removing(present[1])
    }
    let proof = try Proof(decoding: proved.proof.encoded())
    try await proof.verify(root: id) { tree in
      for path in present { _ = try await tree.find(path) }
      tree = try await tree.adding("new", at: absent[0]).removing(present[1])
    }
    #expect(proof.objects.count < 100)
    if Self.isReporting {
      print(
        "PROOF", shape.layout, shape.isFlat ? "flat" : "deep", algorithm, sizes,
        "computation", proof.encoded().count, "objects", proof.objects.count, "check",
        time / sizes.count)
    }
    await repository.close()
  }
}
