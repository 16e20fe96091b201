/// Names that file systems take for `.git` or `.gitmodules` although their bytes differ.
///
/// Source: `is_hfs_dotgit` in Git's utf8.c, `is_ntfs_dotgit` in path.c. What they accept is kept
/// exactly, also where it is odd, because `git fsck` is the referee.
enum ProtectedName {
  static let git = Array("git".utf8)
  static let gitmodules = Array("gitmodules".utf8)
  /// What NTFS makes of `.gitmodules` when the plain short names are taken: these, then a number.
  private static let gitmodulesShortName = Array("gi7eba".utf8)

  /// Whether `word`, which is in lower case, stands at a place, in any case.
  static func matches(_ name: UnsafeBufferPointer<UInt8>, at start: Int, _ word: [UInt8]) -> Bool {
    guard start + word.count <= name.count else { return false }
    for place in word.indices where lowercase(name[start + place]) != word[place] { return false }
    return true
  }

  /// Whether NTFS takes the name from `start` on for `.git`.
  static func isDotGitOnNTFS(_ name: UnsafeBufferPointer<UInt8>, at start: Int) -> Bool {
    guard start < name.count else { return false }
    var place: Int
    if name[start] == UInt8(ascii: "."), matches(name, at: start + 1, git) {
      place = start + 4
    } else if matches(name, at: start, git), start + 4 < name.count,
      name[start + 3] == UInt8(ascii: "~"), name[start + 4] == UInt8(ascii: "1")
    {
      place = start + 5
    } else {
      return false
    }
    while place < name.count {
      switch name[place] {
      case UInt8(ascii: "\\"), UInt8(ascii: ":"): return true
      case UInt8(ascii: "."), UInt8(ascii: " "): place += 1
      default: return false
      }
    }
    return true
  }

  /// Whether NTFS takes the name from `start` on for `.gitmodules`.
  static func isGitmodulesOnNTFS(_ name: UnsafeBufferPointer<UInt8>, at start: Int) -> Bool {
    guard start < name.count else { return false }
    if name[start] == UInt8(ascii: "."), matches(name, at: start + 1, gitmodules) {
      return endsOnNTFS(name, at: start + 1 + gitmodules.count)
    }
    let six = Array(gitmodules.prefix(6))
    if matches(name, at: start, six), start + 7 < name.count,
      name[start + 6] == UInt8(ascii: "~"), (0x31...0x34).contains(name[start + 7])
    {
      return endsOnNTFS(name, at: start + 8)
    }
    guard start + 8 <= name.count else { return false }
    var place = 0
    var sawTilde = false
    while place < 8 {
      let byte = name[start + place]
      if sawTilde {
        guard (0x30...0x39).contains(byte) else { return false }
      } else if byte == UInt8(ascii: "~") {
        place += 1
        guard start + place < name.count, (0x31...0x39).contains(name[start + place]) else {
          return false
        }
        sawTilde = true
      } else if place >= 6 || lowercase(byte) != gitmodulesShortName[place] {
        return false
      }
      place += 1
    }
    return endsOnNTFS(name, at: start + place)
  }

  /// Whether only what NTFS drops from the end of a name follows.
  private static func endsOnNTFS(_ name: UnsafeBufferPointer<UInt8>, at start: Int) -> Bool {
    var place = start
    while place < name.count {
      switch name[place] {
      case UInt8(ascii: ":"): return true
      case UInt8(ascii: "."), UInt8(ascii: " "): place += 1
      default: return false
      }
    }
    return true
  }

  static func isDotGitOnHFS(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
    isDot(git, onHFS: name)
  }

  static func isGitmodulesOnHFS(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
    isDot(gitmodules, onHFS: name)
  }

  private static func isDot(_ word: [UInt8], onHFS name: UnsafeBufferPointer<UInt8>) -> Bool {
    // Nearly every name fails here: only "." and the ignorable characters may come first.
    guard let first = name.first, first == UInt8(ascii: ".") || first == 0xE2 || first == 0xEF
    else { return false }
    var place = 0
    guard nextOnHFS(name, &place) == UInt32(UInt8(ascii: ".")) else { return false }
    for letter in word {
      let character = nextOnHFS(name, &place)
      guard character < 0x80, lowercase(UInt8(character)) == letter else { return false }
    }
    let after = nextOnHFS(name, &place)
    return after == 0 || after == UInt32(UInt8(ascii: "/"))
  }

  /// The next character that HFS+ does not ignore; 0 at the end and where the bytes are not UTF-8.
  private static func nextOnHFS(_ name: UnsafeBufferPointer<UInt8>, _ place: inout Int) -> UInt32 {
    while true {
      let character = nextCharacter(name, &place)
      switch character {
      case 0x200C...0x200F, 0x202A...0x202E, 0x206A...0x206F, 0xFEFF: continue
      default: return character
      }
    }
  }

  private static func nextCharacter(
    _ name: UnsafeBufferPointer<UInt8>, _ place: inout Int
  ) -> UInt32 {
    func continuation(_ distance: Int) -> UInt32? {
      let index = place + distance
      guard index < name.count, name[index] & 0xC0 == 0x80 else { return nil }
      return UInt32(name[index] & 0x3F)
    }
    guard place < name.count else { return 0 }
    let first = name[place]
    if first < 0x80 {
      place += 1
      return UInt32(first)
    }
    if first & 0xE0 == 0xC0 {
      guard let second = continuation(1), first & 0xFE != 0xC0 else { return 0 }
      place += 2
      return UInt32(first & 0x1F) << 6 | second
    }
    if first & 0xF0 == 0xE0 {
      guard let second = continuation(1), let third = continuation(2) else { return 0 }
      let character = UInt32(first & 0x0F) << 12 | second << 6 | third
      guard character >= 0x800, !(0xD800...0xDFFF).contains(character), character < 0xFFFE
      else { return 0 }
      place += 3
      return character
    }
    guard first & 0xF8 == 0xF0, let second = continuation(1), let third = continuation(2),
      let fourth = continuation(3)
    else { return 0 }
    let character = UInt32(first & 0x07) << 18 | second << 12 | third << 6 | fourth
    guard (0x10000...0x10FFFF).contains(character) else { return 0 }
    place += 4
    return character
  }

  private static func lowercase(_ byte: UInt8) -> UInt8 {
    0x41...0x5A ~= byte ? byte | 0x20 : byte
  }
}
