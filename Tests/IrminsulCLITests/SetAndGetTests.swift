import Foundation
import Testing

/// `set` and `get`: what goes in by each way comes out the same.
@Suite struct SetAndGetTests {
  @Test func aValueByArgument() async throws {
    let sandbox = try Sandbox()
    let report = expectDone(try await sandbox.irminsul("set", "config/theme", "dark"))
    #expect(report.text.hasPrefix("[main "))
    #expect(report.text.hasSuffix("] Set config/theme\n"))
    expectDone(try await sandbox.irminsul("get", "config/theme"), "dark")
  }

  @Test func severalValuesInOneCommit() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "a=1", "b/c=x=y", "d="))
    expectDone(try await sandbox.irminsul("get", "a"), "1")
    expectDone(try await sandbox.irminsul("get", "b/c"), "x=y")
    expectDone(try await sandbox.irminsul("get", "d"), "")
    let log = try await sandbox.irminsul("log", "--json").object()
    #expect(log["message"] as? String == "Set 3 paths\n\na\nb/c\nd\n")
  }

  /// Whatever was there goes, and it is said.
  @Test func whatIsInTheWayIsReplaced() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "a=1", "f/b/c=2"))
    let folder = try await sandbox.irminsul("set", "a/x=3")
    #expect(folder.status == 0)
    #expect(folder.errors.contains("the value \"a\" was replaced; it is in "), "\(folder.errors)")
    let value = try await sandbox.irminsul("set", "f/b=4", "g=5")
    #expect(value.status == 0)
    #expect(value.errors.contains("the folder \"f/b\" was replaced"), "\(value.errors)")
    expectDone(try await sandbox.irminsul("set", "a/x=6", "a/y=7"))
    expectDone(try await sandbox.irminsul("get", "a", "--at", "main~3"), "1")
  }

  /// One of them would undo the other.
  @Test func valuesInEachOthersWay() async throws {
    let sandbox = try Sandbox()
    let nested = try await sandbox.irminsul("set", "a=1", "a/b=2", "c=3")
    expectRefusal(nested, .usage, "\"a\" cannot hold a value and a folder with \"a/b\" in it")
    let twice = try await sandbox.irminsul("set", "a=1", "b=2", "a=3")
    expectRefusal(twice, .usage, "\"a\" is given twice")
    #expect(try sandbox.names() == [])
  }

  @Test func theModeStaysOrIsGiven() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "run", "a", "--mode", "100755"))
    expectDone(try await sandbox.irminsul("set", "run=b", "other=c"))
    let modes = try await sandbox.irminsul("ls", "--json").objects().map { $0["mode"] as? String }
    #expect(modes == ["100644", "100755"])
    expectDone(try await sandbox.irminsul("set", "run", "other", "--mode", "120000"))
    #expect(
      try await sandbox.irminsul("get", "run", "--json").object()["mode"] as? String == "120000")
    expectRefusal(
      try await sandbox.irminsul("set", "run", "a", "--mode", "777"), .usage,
      "--mode must be one of")
  }

  @Test func anyBytesFromStandardInput() async throws {
    let sandbox = try Sandbox()
    let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 * 7) }
    expectDone(try await sandbox.irminsul("set", "blob", "-", input: bytes))
    #expect(try await sandbox.irminsul("get", "blob").output == bytes)
    expectDone(try await sandbox.irminsul("set", "blob", "-", input: []))
    expectDone(try await sandbox.irminsul("get", "blob"), "")
  }

  @Test func aValueFromAFile() async throws {
    let sandbox = try Sandbox()
    try sandbox.write([0, 10, 13, 255], to: "value")
    expectDone(try await sandbox.irminsul("set", "blob", "--file", "value"))
    #expect(try await sandbox.irminsul("get", "blob").output == [0, 10, 13, 255])
    let absent = try await sandbox.irminsul("set", "blob", "--file", "absent")
    expectRefusal(absent, .io, "cannot read \"absent\": No such file or directory")
    let folder = try await sandbox.irminsul("set", "blob", "--file", ".")
    expectRefusal(folder, .io, "cannot read \".\": Is a directory")
  }

  @Test func aValueThatLooksLikeAnOption() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "--", "flag", "--json"))
    expectDone(try await sandbox.irminsul("get", "flag"), "--json")
  }

  @Test func aBranchOfItsOwn() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "a=1"))
    expectDone(try await sandbox.irminsul("set", "a=2", "--branch", "topic"))
    expectDone(try await sandbox.irminsul("get", "a"), "1")
    expectDone(try await sandbox.irminsul("get", "a", "-b", "topic"), "2")
    expectDone(try await sandbox.irminsul("get", "a", "--at", "topic"), "2")
  }

  @Test func aMessage() async throws {
    let sandbox = try Sandbox()
    let report = try await sandbox.irminsul("set", "a=1", "-m", "Subject\n\nBody")
    #expect(report.text.hasSuffix("] Subject\n"))
    let commit = try await sandbox.irminsul("cat", "HEAD").text
    #expect(commit.hasSuffix("\n\nSubject\n\nBody\n"))
  }

  @Test func aWriteThatChangesNothing() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "a=1"))
    let before = try await sandbox.state()
    let report = expectDone(try await sandbox.irminsul("set", "a=1"))
    #expect(report.text.hasPrefix("nothing changed: main stays at "))
    let facts = try await sandbox.irminsul("set", "a=1", "--json").object()
    #expect(facts["changed"] as? Bool == false)
    #expect(try await sandbox.state() == before)
  }

  @Test func onlyIfThePathHoldsAValue() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "a=1"))
    expectDone(try await sandbox.irminsul("set", "a=2", "--test", "1"))
    let before = try await sandbox.state()
    expectRefusal(
      try await sandbox.irminsul("set", "a=3", "--test", "1"), .refused,
      "not set: \"a\" on main holds \"2\", not \"1\"")
    expectRefusal(
      try await sandbox.irminsul("set", "b=3", "--test", "1"), .refused, "holds nothing, not \"1\"")
    #expect(try await sandbox.state() == before)
  }

  @Test func onlyIfNothingIsThere() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "a=1", "b=1", "--expect-absent"))
    let before = try await sandbox.state()
    expectRefusal(
      try await sandbox.irminsul("set", "b=2", "c=2", "--expect-absent"), .refused,
      "there is something already", "\"b\" holds \"1\"")
    #expect(try await sandbox.state() == before)
  }

  @Test func gettingAFolderSaysHowToListIt() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "a/b=1"))
    expectRefusal(
      try await sandbox.irminsul("get", "a"), .refused, "\"a\" is a folder", "irminsul ls a")
    expectRefusal(try await sandbox.irminsul("get", "/"), .refused, "the root", "irminsul ls")
  }

  @Test func aPathWithAColonIsAPath() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "main:a=1", "b=2"))
    expectDone(try await sandbox.irminsul("get", "main:a"), "1")
    expectRefusal(try await sandbox.irminsul("get", "main:b"), .refused, "--at main b")
  }
}
