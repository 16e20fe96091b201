import Foundation
import Irminsul
import Testing

/// Files and folders that cannot hold a store: what the command line says, how it ends, and that
/// nothing has changed.
@Suite struct BadFileTests {
  private static let commands = [["get", "a"], ["set", "a=2"], ["verify"]]

  /// A sandbox with a store in the file `store`.
  private func store() async throws -> Sandbox {
    let sandbox = try Sandbox()
    expectDone(
      try await sandbox.irminsul("set", "a=1", "b/c=2", "--store", "file:store"))
    return sandbox
  }

  /// That no command takes a file, and that each leaves it and its folder as they were.
  private func expectRefusals(
    of name: String, _ code: ExitCode, _ words: String..., in sandbox: Sandbox,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let bytes = try sandbox.read(name)
    let names = try sandbox.names()
    for command in Self.commands {
      let transcript = try await sandbox.irminsul(command + ["--store", "file:\(name)"])
      for word in words {
        expectRefusal(transcript, code, word, sourceLocation: sourceLocation)
      }
    }
    #expect(try sandbox.read(name) == bytes, sourceLocation: sourceLocation)
    #expect(try sandbox.names() == names, sourceLocation: sourceLocation)
  }

  // MARK: What is in the file

  @Test(arguments: [100, 1000, 4096, 10_000, 20_000])
  func aTruncatedFile(length: Int) async throws {
    let sandbox = try await store()
    try sandbox.write(sandbox.read("store").prefix(length), to: "cut")
    try await expectRefusals(
      of: "cut", .io, "cannot use file:cut: the file is damaged", "Restore it from a copy",
      in: sandbox)
  }

  @Test func aFileThatIsNoDatabase() async throws {
    let sandbox = try await store()
    try sandbox.write(sandbox.read("store").prefix(50), to: "short")
    try sandbox.write(String(repeating: "Some text. ", count: 100).utf8, to: "text")
    for name in ["short", "text"] {
      try await expectRefusals(
        of: name, .io, "cannot use file:\(name): it is not an SQLite database",
        "Nothing was changed. Give the path of a store", in: sandbox)
    }
  }

  /// The header of an SQLite file has a program's number at 68, and that program's version at 60.
  @Test func theDatabaseOfAnotherProgram() async throws {
    let sandbox = try await store()
    var bytes = try sandbox.read("store")
    bytes.replaceSubrange(68..<72, with: [1, 2, 3, 4])
    try sandbox.write(bytes, to: "foreign")
    try await expectRefusals(
      of: "foreign", .io, "it is the SQLite database of another program", "Nothing was changed",
      in: sandbox)
  }

  @Test func aFileOfANewerFormat() async throws {
    let sandbox = try await store()
    var bytes = try sandbox.read("store")
    bytes.replaceSubrange(60..<64, with: [0, 0, 0, 9])
    try sandbox.write(bytes, to: "newer")
    try await expectRefusals(
      of: "newer", .io, "its format 9 is newer than 1, which this program knows",
      "Use a newer version of this program", in: sandbox)
  }

  @Test func aStoreOfANewerFormat() async throws {
    let sandbox = try await store()
    let repository = try await Repository.open("file:\(sandbox.work)/store")
    let host = try #require(repository.backend).host
    _ = try await host.run(Command("HSET", "{irminsul}:meta", "format", "7"))
    await repository.close()
    try await expectRefusals(
      of: "store", .refused, "has format 7 with sha1 ids; this version reads formats 1 and 2",
      "Open it with a version that knows that format", in: sandbox)
  }

  @Test func anEmptyFileBecomesAStore() async throws {
    let sandbox = try Sandbox()
    try sandbox.write([], to: "empty")
    expectRefusal(
      try await sandbox.irminsul("get", "a", "--store", "file:empty"), .refused,
      "there is no store \"irminsul\" in file:empty")
    expectDone(try await sandbox.irminsul("set", "a=1", "--store", "file:empty"))
    expectDone(try await sandbox.irminsul("get", "a", "--store", "file:empty"), "1")
  }

  // MARK: Where the file is

  @Test func aFolderOrNoFolder() async throws {
    let sandbox = try await store()
    _ = try sandbox.makeFolder("folder")
    for command in Self.commands {
      expectRefusal(
        try await sandbox.irminsul(command + ["--store", "file:folder"]), .io,
        "cannot use file:folder: it is not a file", "Give the path of a file")
      expectRefusal(
        try await sandbox.irminsul(command + ["--store", "file:store/below"]), .io,
        "Not a directory", "Check the path")
    }
    expectRefusal(
      try await sandbox.irminsul("set", "a=1", "--store", "file:absent/store"), .io,
      "there is no folder absent", "Create the folder first")
    #expect(try sandbox.names(in: "folder") == [])
    #expect(try sandbox.names() == ["folder", "store"])
  }

  /// On Unix root may write whatever the modes say: it gets a disk that is mounted read-only.
  @Test(.enabled(if: geteuid() != 0))
  func aFolderThatMayNotBeWritten() async throws {
    let sandbox = try await store()
    let folder = try sandbox.makeFolder("shut")
    try FileManager.default.copyItem(atPath: "\(sandbox.work)/store", toPath: "\(folder)/store")
    chmod(folder, 0o555)
    defer { chmod(folder, 0o755) }
    expectRefusal(
      try await sandbox.irminsul("set", "a=1", in: folder), .io,
      "cannot make the folder \(folder)/.irminsul: Permission denied", "--store file:PATH")
    expectRefusal(
      try await sandbox.irminsul("set", "a=2", "--store", "file:shut/store"), .io,
      "it may not be written", "Give this user permission to write the file and its folder")
    expectRefusal(
      try await sandbox.irminsul("export", "shut/copy", "--store", "file:store"), .io,
      "cannot write", "Permission denied")
    #expect(try sandbox.names(in: "shut") == ["store"])
  }

  @Test(.enabled(if: Disk.mayBeMounted))
  func aDiskThatIsReadOnly() async throws {
    let sandbox = try await store()
    let folder = try sandbox.makeFolder("disk")
    let disk = Disk(folder: folder, size: "1m")
    let refused = ("cannot use file:store: it", "this user may write")
    let unmade = (
      "cannot make the folder \(folder)/.irminsul: Read-only file system",
      "Give another place with --store file:PATH"
    )
    for (command, words) in [
      ("irminsul set a=2 --store file:store", refused),
      ("irminsul rm a --store file:store", refused), ("irminsul set a=1", unmade),
      ("irminsul init", unmade),
      (
        "cp ../store ../source; irminsul export copy --store file:../source",
        ("cannot write", "Read-only file system")
      ),
    ] {
      let transcript = try await sandbox.shell(
        disk.script(
          "cp ../store . && mount -o remount,ro . && cd . && { \(command); code=$?; }; "
            + "cmp store ../store && [ $(ls -A | wc -l) = 1 ] && exit $code"))
      expectRefusal(transcript, .io, words.0, words.1)
    }
  }

  // MARK: Room

  @Test(.enabled(if: Disk.mayBeMounted))
  func aFullDisk() async throws {
    let sandbox = try await store()
    let disk = Disk(folder: try sandbox.makeFolder("disk"), size: "1m")
    try sandbox.write((0..<2_000_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) }, to: "large")
    let transcript = try await sandbox.shell(
      disk.script(
        """
        irminsul set a=1 >/dev/null
        irminsul stats >before; irminsul log >>before
        irminsul set large --file ../large
        code=$?
        irminsul stats >after; irminsul log >>after
        cmp before after || exit 2
        rm before after
        irminsul verify >/dev/null && irminsul get a >/dev/null || exit 3
        irminsul set b=2 >/dev/null && irminsul get b >/dev/null || exit 4
        exit $code
        """))
    expectRefusal(
      transcript, .io, "the disk is full", "Nothing was changed. Free space on the disk")
    let export = try await sandbox.shell(
      disk.script(
        """
        irminsul set large --file ../large --store file:../store >/dev/null
        irminsul export copy.git --store file:../store
        code=$?
        [ $(ls -A | wc -l) = 0 ] || exit 2
        exit $code
        """))
    expectRefusal(export, .io, "cannot write", "No space left on device")
  }

  /// A limit of this process' files, for where no disk can be mounted: writing fails as on a disk
  /// that is broken.
  @Test(
    .disabled(if: ThreadSanitizer.isOn, "it maps a file of its own before the program starts"))
  func aFileThatMayNotGrow() async throws {
    let sandbox = try await store()
    try sandbox.write((0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) }, to: "large")
    let before = try await sandbox.state(of: "file:store")
    let set = try await sandbox.shell(
      "(ulimit -f 100; exec irminsul set large --file large --store file:store)")
    expectRefusal(set, .io, "cannot use file:store: it cannot be", "Nothing was changed")
    let make = try await sandbox.shell("(ulimit -f 1; exec irminsul set a=1)")
    expectRefusal(make, .io, "cannot use file:", "Nothing was changed")
    #expect(try await sandbox.state(of: "file:store") == before)
    expectDone(try await sandbox.irminsul("verify", "--store", "file:store"))
    expectDone(
      try await sandbox.irminsul("set", "large", "--file", "large", "--store", "file:store"))
    let export = try await sandbox.shell(
      "(ulimit -f 100; exec irminsul export copy.git --store file:store)")
    expectRefusal(export, .io, "cannot write", "File too large")
    #expect(!(try sandbox.names().contains { $0.contains("export") || $0 == "copy.git" }))
  }
}

/// A small disk in memory, which only the commands of one shell see.
struct Disk {
  let folder: String
  let size: String

  /// Whether this process may mount one.
  static let mayBeMounted: Bool = {
    #if os(Linux)
      let process = Process()
      process.executableURL = URL(filePath: "/bin/sh")
      process.arguments = ["-c", "unshare -m mount -t tmpfs tmpfs /mnt"]
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      guard geteuid() == 0, (try? process.run()) != nil else { return false }
      process.waitUntilExit()
      return process.terminationStatus == 0
    #else
      return false
    #endif
  }()

  /// A script that runs `body` in the folder, with the disk mounted there.
  func script(_ body: String) -> String {
    """
    exec unshare -m sh -c 'mount -t tmpfs -o size=\(size) tmpfs "$0" && cd "$0" || exit 99
    \(body)' '\(folder)'
    """
  }
}
