import Foundation
import Irminsul
import Testing

/// Whole trees as plain values: as JSON, and what that refuses.
@Suite struct ConcreteTreeTests {
  private func encoded(_ tree: Tree.Concrete) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(tree), as: UTF8.self)
  }

  private func decoded(_ text: String) throws -> Tree.Concrete {
    try JSONDecoder().decode(Tree.Concrete.self, from: Data(text.utf8))
  }

  @Test func asJSONAndBack() async throws {
    let commit = ObjectID(hashing: "elsewhere".utf8, algorithm: .sha1)
    let tree: Tree.Concrete = [
      "base64": "text", "a": ["b": .value([0xFF, 0]), "run": .value([0x21], mode: .executable)],
      "link": .value(Bytes("a/b".utf8), mode: .symbolicLink), "module": .submodule(commit),
    ]
    let text = try encoded(tree)
    #expect(
      text == #"{"a":{"b":["100644","base64","/wA="],"run":["100755","text","!"]},"base64":"text","#
        + #""link":["120000","text","a/b"],"module":["160000","commit","\#(commit)"]}"#)
    #expect(try decoded(text) == tree)
    #expect(try await Tree(tree).concrete() == tree)
    let stats = try await Tree(tree).stats(values: .read)
    #expect(stats.links == 1 && stats.submodules == 1 && stats.blobs == 3 && stats.bytes == 10)
    #expect(try await Tree(try decoded("{}")).count() == 0)
  }

  @Test(arguments: [
    "1", "[]", #"["100644"]"#, #"["100644","base64","?"]"#, #"["x","text","a"]"#,
    #"{"a":null}"#, #"["100644","commit","00"]"#,
  ])
  func jsonThatIsNoTree(_ text: String) {
    #expect(throws: (any Error).self) { try decoded(text) }
  }

  @Test func namesThatJSONDoesNotHave() throws {
    let bytes = Tree.Concrete.directory([.init(Path(steps: [[0xFF] as Bytes]), "x")])
    let path: Tree.Concrete = ["a/b": "x"]
    let twice: Tree.Concrete = ["a": "x", "a": "y"]
    for tree in [bytes, path, twice] {
      #expect(throws: EncodingError.self) { try encoded(tree) }
    }
    #expect(throws: StoreError.self) { try Tree(try decoded(#"{"a/b":"x"}"#)) }
    #expect(throws: StoreError.self) { try Tree(try decoded(#"{"a":["40000","text","x"]}"#)) }
  }
}
