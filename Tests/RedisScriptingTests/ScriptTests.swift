import RedisScripting
import Testing

/// Scripts are known by the SHA-1 of their text, as servers know them.
@Suite struct ScriptTests {
  private func script(_ source: String, name: String = "s") -> Script {
    Script(name: name, keys: ["k"], access: .read, source: source)
  }

  /// The ids that `SCRIPT LOAD` answers, and `sha1sum` for the text that is not ASCII.
  @Test(arguments: [
    ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
    ("return 1", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db"),
    ("return 'ü'\n", "1f43523609493e89bb9f38e7d56481345915ce4a"),
  ])
  func theIDOfAText(source: String, sha1: String) {
    #expect(script(source).sha1 == sha1)
  }

  @Test func aLongText() {
    let source = String(repeating: "-- a comment\n", count: 10_000)
    #expect(script(source).sha1.count == 40)
    #expect(script(source).sha1 != script(source + " ").sha1)
  }

  @Test func scriptsWithOneTextAreOne() {
    let (one, two) = (script("return 1", name: "a"), script("return 1", name: "b"))
    #expect(one == two)
    #expect(Set([one, two, script("return 2")]).count == 2)
  }
}
