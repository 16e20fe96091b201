import GitObjects
import Testing

@Suite struct IdentityTests {
  @Test func writesWhatGitWrites() throws {
    let git = try GitSandbox()
    let tree = try git.store(.tree, [])
    let people: [(name: String, email: String)] = [
      ("A U Thor", "author@example.com"), ("  padded\t", " p@example.com\n"), ("<a>", "<b@c>"),
      ("Æ Ø", "æ@ø"), ("\"Quoted\"", "'x@y'"), ("a<b>c\nd", "e<f>g\nh"), ("a, b; c:", "x;"),
      ("Dr. No", "d.n@example.com"), ("one\u{1}two", "tab\tin@side"), ("\\back\\", "\\@\\"),
    ]
    let times: [(seconds: Int64, offset: Int)] = [
      (0, 0), (1_700_000_000, 120), (1_700_000_000, -210), (4_294_967_296, 345),
      (99_999_999_999, -720), (1, 840),
    ]
    for (index, person) in people.enumerated() {
      let time = times[index % times.count]
      let identity = Identity(
        name: person.name, email: person.email, seconds: time.seconds, offsetMinutes: time.offset)
      let date = "\(time.seconds) \(identity.offsetText ?? "")"
      let id = try git.git(
        "commit-tree", tree.hex,
        environment: [
          "GIT_AUTHOR_NAME": person.name, "GIT_AUTHOR_EMAIL": person.email,
          // The @ keeps Git from taking small numbers for something else.
          "GIT_AUTHOR_DATE": "@" + date,
        ]
      ).line
      let lines = try git.git("cat-file", "commit", id).text.split(separator: "\n")
      #expect(lines[1] == "author \(identity.text)")
      #expect(identity.seconds == time.seconds)
      #expect(identity.offsetMinutes == time.offset)
    }
  }

  @Test func leavesOutWhatWouldBreakTheLine() {
    let identity = Identity(
      name: "a\0\nb>", email: "\n<c>\0", seconds: -5, offsetMinutes: -100 * 60)
    #expect(identity.text == "ab <c> -5 -9959")
    #expect(identity.seconds == -5)
    let nobody = Identity(name: " . ", email: "", seconds: .max, offsetMinutes: .max)
    #expect(nobody.text == ". <> 9223372036854775807 +9959")
    #expect(nobody.seconds == .max)
    let earliest = Identity(name: "", email: "", seconds: .min, offsetMinutes: .min)
    #expect(earliest.text == " <> -9223372036854775808 -9959")
    #expect(earliest.seconds == .min)
    #expect(earliest.name == "")
    // As newer versions of Git do; those before 2.42 take the dot away.
    #expect(
      Identity(name: "Sammy Jr.", email: "s", seconds: 0, offsetMinutes: 0).name == "Sammy Jr.")
  }

  struct Odd: Sendable {
    let text: String
    var name = "a"
    var email: String? = "b"
    var seconds: Int64?
    var offset: String?
    var minutes: Int?
  }

  @Test(arguments: [
    Odd(text: "a <b> 1 +0000", seconds: 1, offset: "+0000", minutes: 0),
    Odd(text: "a <b> 1 -0000", seconds: 1, offset: "-0000", minutes: 0),
    Odd(text: "a <b> 1 +051800", seconds: 1, offset: "+051800"),
    Odd(text: "a <b> 1 +5", seconds: 1, offset: "+5"),
    Odd(text: "a <b> 1 -1245junk", seconds: 1, offset: "-1245", minutes: -765),
    Odd(text: "a <b> 1 CEST", seconds: 1), Odd(text: "a <b> 1", seconds: 1),
    Odd(text: "a <b> 1 +", seconds: 1), Odd(text: "a <b>"), Odd(text: "a <b> "),
    Odd(text: "a <b> +0000"), Odd(text: "a <b> Mon Jan 1"),
    Odd(text: "a <b> 18446744073709551615 +0000", offset: "+0000", minutes: 0),
    Odd(text: "a <b> 99999999999999999999999 +0000", offset: "+0000", minutes: 0),
    Odd(text: "a <b> 8589934592 +0100", seconds: 8_589_934_592, offset: "+0100", minutes: 60),
    Odd(text: "a <b> -1 +0100", seconds: -1, offset: "+0100", minutes: 60),
    Odd(text: "a <b> - +0100"), Odd(text: "a <b>1 +0100", seconds: 1, offset: "+0100", minutes: 60),
    Odd(text: "a<b> 1 +0100", seconds: 1, offset: "+0100", minutes: 60),
    Odd(text: "<b> 1 +0100", name: "", seconds: 1, offset: "+0100", minutes: 60),
    Odd(text: "a <b> <c> 1 +0100", seconds: 1, offset: "+0100", minutes: 60),
    Odd(text: "a <b>> 1 +0100", seconds: 1, offset: "+0100", minutes: 60),
    Odd(text: "a <b 1 +0100", email: nil), Odd(text: "a", email: nil),
    Odd(text: "", name: "", email: nil),
    Odd(text: "a b@c 1 +0100", name: "a b@c 1 +0100", email: nil),
    Odd(text: "><", name: ">", email: nil), Odd(text: "<>", name: "", email: ""),
  ])
  func keepsOddLines(odd: Odd) {
    let identity = Identity(bytes: odd.text.utf8)
    #expect(identity.bytes == Array(odd.text.utf8))
    #expect(identity.name == odd.name)
    #expect(identity.email == odd.email)
    #expect(identity.seconds == odd.seconds)
    #expect(identity.offsetText == odd.offset)
    #expect(identity.offsetMinutes == odd.minutes)
  }

  @Test func keepsBytesThatAreNoText() {
    let bytes: [UInt8] = [0xE9, 0x20] + Array("<".utf8) + [0xFF] + Array("> 1 +0000".utf8)
    let identity = Identity(bytes: bytes)
    #expect(identity.nameBytes == [0xE9])
    #expect(identity.emailBytes == [0xFF])
    #expect(identity.name == "\u{FFFD}")
    #expect(identity.bytes == bytes)
  }
}
