import Foundation
import Testing

/// Arguments that are not UTF-8: paths and values are any bytes, everything else is text.
@Suite struct ByteArgumentTests {
  /// A shell's printf makes the bytes: a `Process` takes only text.
  @Test func pathsAndValues() async throws {
    let sandbox = try Sandbox()
    let set = try await sandbox.shell(
      #"irminsul set "$(printf 'd/p\351')" "$(printf '\351\377a')""#)
    expectDone(set)
    let get = try await sandbox.shell(#"irminsul get "$(printf 'd/p\351')""#)
    #expect(get.output == [0xE9, 0xFF, UInt8(ascii: "a")])
    let cat = try await sandbox.shell(#"irminsul cat "$(printf 'main:d/p\351')""#)
    #expect(cat.output == get.output)
    expectDone(try await sandbox.shell(#"irminsul ls "$(printf 'd')""#), "\"p\\351\"\n")
    expectDone(
      try await sandbox.shell(
        #"irminsul set "$(printf 'd/p\351')" new --test "$(printf '\351\377a')""#))
    expectDone(
      try await sandbox.shell(#"irminsul mv "$(printf 'd/p\351')" "$(printf 'd/q\352')""#))
    expectDone(try await sandbox.shell(#"irminsul get "$(printf 'd/q\352')""#), "new")
    expectDone(try await sandbox.shell(#"irminsul rm "$(printf 'd/q\352')""#))
    expectDone(try await sandbox.irminsul("ls"), "")
  }

  /// The characters that stand for bytes inside the program are characters like others outside.
  @Test func charactersAtTheEndOfUnicode() async throws {
    let sandbox = try Sandbox()
    expectDone(try await sandbox.irminsul("set", "\u{10FFE9}", "\u{10FF00}\u{10FFFF}"))
    expectDone(try await sandbox.irminsul("get", "\u{10FFE9}"), "\u{10FF00}\u{10FFFF}")
    #expect(try await sandbox.irminsul("ls").output == Array("\u{10FFE9}\n".utf8))
  }

  @Test(arguments: [
    #"irminsul set a=1 --branch "$(printf '\351')""#, #"irminsul set a=1 -m "$(printf '\351')""#,
    #"irminsul branch "$(printf 'b\351')""#, #"irminsul import "$(printf '\351')""#,
    #"irminsul "$(printf '\351')""#, #"irminsul set a=1 --author="$(printf '\351')""#,
  ])
  func textThatIsNone(_ line: String) async throws {
    let sandbox = try Sandbox()
    expectRefusal(
      try await sandbox.shell(line), .usage, "is not UTF-8",
      "Only paths and values may be any bytes")
    #expect(try sandbox.names() == [])
  }
}
