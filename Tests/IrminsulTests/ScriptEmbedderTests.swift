import Foundation
import Testing

/// The build step that turns `lua/*.lua` into Swift values: what it makes of a folder of scripts, and
/// what it fails with.
@Suite struct ScriptEmbedderTests {
  private struct Outcome {
    let status: Int32
    let errors: String
    /// The Swift source; nil when none was written.
    let source: String?
  }

  /// Runs the step on a folder with these files.
  private func embed(_ files: [String: String]) async throws -> Outcome {
    try await withScratchFolder { scratch in
      let folder = scratch.appending(path: "lua")
      for (name, text) in files {
        let file = folder.appending(path: name)
        try FileManager.default.createDirectory(
          at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try text.write(to: file, atomically: true, encoding: .utf8)
      }
      let output = scratch.appending(path: "out.swift")
      return try run([folder.path, output.path], output: output, scratch)
    }
  }

  private func run(_ arguments: [String], output: URL, _ scratch: URL) throws -> Outcome {
    let errors = scratch.appending(path: "errors")
    try Data().write(to: errors)
    let handle = try FileHandle(forWritingTo: errors)
    let process = Process()
    process.executableURL = WriterProcess.program("IrminsulScriptEmbedder")
    process.arguments = arguments
    process.standardError = handle
    try process.run()
    try handle.close()
    process.waitUntilExit()
    return Outcome(
      status: process.terminationStatus, errors: try String(contentsOf: errors, encoding: .utf8),
      source: try? String(contentsOf: output, encoding: .utf8))
  }

  private func expectFailure(_ outcome: Outcome, _ text: String) {
    #expect(outcome.status == 1)
    #expect(outcome.errors == "error: \(text)\n")
    #expect(outcome.source == nil)
  }

  private static let header = "-- KEYS  1 objects (hash)\n"

  @Test func scriptsBecomeValues() async throws {
    let outcome = try await embed([
      "put_objects.lua": "-- put_objects.lua: puts\n-- KEYS  1 objects (hash)   2 refs (hash)\n"
        + "--       3 log (stream)\n-- Cost  O(n)\nreturn \"\\\"\"\n",
      "find.lua": "-- KEYS  none\n-- Cost  O(1); reads only\nreturn 1\n",
      "notes.txt": "not a script",
    ])
    #expect(outcome.status == 0)
    #expect(outcome.errors == "")
    let source = try #require(outcome.source)
    #expect(
      source.contains(
        """
          static let putObjects = Script(
            name: "put_objects", keys: ["objects", "refs", "log"], access: .write,
        """))
    #expect(source.contains("name: \"find\", keys: [], access: .read,"))
    #expect(source.contains("return \"\\\"\"\n"))
    #expect(source.contains("static let all: [Script] = [.find, .putObjects]"))
    #expect(!source.contains("not a script"))
  }

  @Test func anIncludeIsThereOnceAndBeforeWhatNeedsIt() async throws {
    let outcome = try await embed([
      "a.lua": Self.header + "-- @include lib/two.lua\n-- @include lib/one.lua\nreturn two()\n",
      "lib/one.lua": "local function one() return 1 end\n",
      "lib/two.lua": "-- @include lib/one.lua\nlocal function two() return one() + 1 end\n",
    ])
    let source = try #require(outcome.source, "\(outcome.errors)")
    #expect(!source.contains("@include"))
    #expect(source.ranges(of: "local function one()").count == 1)
    let one = try #require(source.firstRange(of: "function one()"))
    let two = try #require(source.firstRange(of: "function two()"))
    let use = try #require(source.firstRange(of: "return two()"))
    #expect(one.lowerBound < two.lowerBound && two.lowerBound < use.lowerBound)
    // A fragment is no script of its own.
    #expect(source.contains("static let all: [Script] = [.a]"))
  }

  @Test func aMissingInclude() async throws {
    expectFailure(
      try await embed(["a.lua": Self.header + "-- @include lib/absent.lua\nreturn 1\n"]),
      "lua/a.lua: include of lib/absent.lua, which is not in lua/")
    expectFailure(
      try await embed([
        "a.lua": Self.header + "-- @include lib/one.lua\n",
        "lib/one.lua": "-- @include lib/absent.lua\n",
      ]),
      "lua/lib/one.lua: include of lib/absent.lua, which is not in lua/")
  }

  @Test func aCircularInclude() async throws {
    expectFailure(
      try await embed(["a.lua": Self.header + "-- @include a.lua\n"]),
      "circular include: a.lua -> a.lua")
    expectFailure(
      try await embed([
        "a.lua": Self.header + "-- @include lib/one.lua\n",
        "lib/one.lua": "-- @include lib/two.lua\n",
        "lib/two.lua": "-- @include lib/one.lua\n",
      ]),
      "circular include: a.lua -> lib/one.lua -> lib/two.lua -> lib/one.lua")
  }

  @Test func aHeaderThatDoesNotTellTheKeys() async throws {
    expectFailure(
      try await embed(["a.lua": "-- a.lua: does\nreturn 1\n"]),
      "lua/a.lua: the header has no KEYS line")
    expectFailure(
      try await embed(["a.lua": "-- KEYS  1 objects (hash)   3 refs (hash)\nreturn 1\n"]),
      "lua/a.lua: KEYS are not numbered in order at 3 refs (hash)")
  }

  @Test func aFolderThatIsNotThereAndOtherArguments() async throws {
    try await withScratchFolder { scratch in
      let output = scratch.appending(path: "out.swift")
      let absent = try run(["\(scratch.path)/absent", output.path], output: output, scratch)
      #expect(absent.status == 1)
      #expect(absent.errors.hasPrefix("error: "))
      #expect(absent.source == nil)
      let bare = try run([], output: output, scratch)
      #expect(bare.status == 1)
      #expect(bare.errors == "error: usage: IrminsulScriptEmbedder LUA-FOLDER OUTPUT.swift\n")
    }
  }
}
