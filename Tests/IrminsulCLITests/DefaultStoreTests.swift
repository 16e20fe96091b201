import Foundation
import Testing

/// Which store a command works on, and that only writing makes one.
@Suite struct DefaultStoreTests {
  /// Every command that needs a store to be there.
  static let readers = [
    ["get", "a"], ["ls"], ["tree"], ["log"], ["branch"], ["branch", "new"], ["cat", "main"],
    ["rm", "a"], ["mv", "a", "b"], ["export", "out"], ["verify"], ["watch"], ["stats"],
    ["delete-store", "irminsul", "--force"], ["set", "a=1", "--test", "0"],
  ]

  @Test(arguments: readers)
  func readingMakesNoStore(command: [String]) async throws {
    let sandbox = try Sandbox()
    let transcript = try await sandbox.irminsul(command)
    expectRefusal(transcript, .refused, "there is no store in \(sandbox.work) or above it")
    expectRefusal(transcript, .refused, "irminsul init")
    let named = try await sandbox.irminsul(command + ["--store", "file:absent"])
    expectRefusal(named, .refused, "there is no store \"irminsul\" in file:absent")
    #expect(try sandbox.names() == [])
  }

  /// Writes that are refused before there is anything to write.
  @Test(arguments: [
    ["set", "a//b=1"], ["set", "a=1", "--branch", "a b"], ["set", "a", "--file", "absent"],
    ["import", "absent"], ["import", "."], ["init", "--hash", "md5"],
  ])
  func aBadCommandMakesNoStore(command: [String]) async throws {
    let sandbox = try Sandbox()
    #expect(try await sandbox.irminsul(command).status != 0)
    #expect(try sandbox.names() == [])
  }

  @Test func theFirstWriteMakesAStoreThatGitIgnores() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "a=1"))
    #expect(try sandbox.names() == [".irminsul"])
    #expect(try sandbox.names(in: ".irminsul").starts(with: [".gitignore", "store"]))
    #expect(try sandbox.read(".irminsul/.gitignore") == Array("*\n".utf8))
  }

  @Test func theNearestStoreAboveIsFound() async throws {
    let sandbox = try Sandbox()
    let inner = try sandbox.makeFolder("outer/inner")
    expectDone(try await sandbox.irminsul("set", "a=1"))
    expectDone(try await sandbox.irminsul("get", "a", in: inner), "1")
    expectDone(try await sandbox.irminsul("set", "a=2", in: inner))
    expectDone(try await sandbox.irminsul("get", "a"), "2")
    #expect(try sandbox.names(in: "outer/inner") == [])
    // A store of its own for the folder between, which is nearer from now on.
    expectDone(
      try await sandbox.irminsul("init", in: "\(sandbox.work)/outer"),
      "Made a store: file:\(sandbox.work)/outer/.irminsul/store (sha1 ids)\n")
    expectDone(try await sandbox.irminsul("set", "a=3", in: inner))
    expectDone(try await sandbox.irminsul("get", "a", in: inner), "3")
    expectDone(try await sandbox.irminsul("get", "a"), "2")
  }

  @Test func theOptionBeforeTheEnvironmentBeforeTheFolder() async throws {
    let sandbox = try Sandbox()
    let environment = ["IRMINSUL_STORE": "file:second"]
    expectDone(try await sandbox.irminsul("set", "a=folder"))
    expectDone(try await sandbox.irminsul("set", "a=variable", environment: environment))
    expectDone(
      try await sandbox.irminsul(
        "set", "a=option", "--store", "file:third", environment: environment))
    expectDone(try await sandbox.irminsul("get", "a"), "folder")
    expectDone(try await sandbox.irminsul("get", "a", "--store", "file:second"), "variable")
    expectDone(
      try await sandbox.irminsul(
        "get", "a", "--store", "file:third", environment: environment), "option")
    expectDone(
      try await sandbox.irminsul("get", "a", environment: ["IRMINSUL_STORE": ""]), "folder")
  }

  @Test func aFolderWithAnyName() async throws {
    let sandbox = try Sandbox()
    let folder = try sandbox.makeFolder("a b%3F?c#d&ü")
    expectDone(try await sandbox.irminsul("set", "a=1", in: folder))
    expectDone(try await sandbox.irminsul("get", "a", in: folder), "1")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [".irminsul"])
  }

  @Test func severalStoresInOneFile() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "a=1", "--store", "file:s?name=one"))
    expectDone(try await sandbox.irminsul("set", "a=2", "--store", "file:s?name=two"))
    expectDone(try await sandbox.irminsul("get", "a", "--store", "file:s?name=one"), "1")
    expectRefusal(
      try await sandbox.irminsul("get", "a", "--store", "file:s"), .refused,
      "there is no store \"irminsul\" in file:s")
  }
}
