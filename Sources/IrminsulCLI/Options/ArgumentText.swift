import Foundation

/// The words of the command line as text, of which every byte can be had again.
///
/// A word need not be UTF-8: a path or a value may be any bytes. A byte that is no part of UTF-8
/// stands in the text as one of the last 256 private-use characters, and so does each byte of such a
/// character itself.
enum ArgumentText {
  private static let firstStandIn: UInt32 = 0x10_FF00

  /// The words after the program's name.
  ///
  /// - Throws: ``Failure`` for a word that is not UTF-8 where only text has a meaning.
  static func all() throws -> [String] {
    let words = CommandLine.unsafeArgv
    var texts: [String] = []
    for number in 1..<max(1, Int(CommandLine.argc)) {
      guard let word = words[number] else { break }
      let bytes = UnsafeRawBufferPointer(start: word, count: strlen(word))
      let text = text(of: Array(bytes))
      if holdsStandIns(text), !mayBeBytes(text, after: texts) {
        throw Failure(
          .usage, "\"\(shown(text))\" is not UTF-8\nOnly paths and values may be any bytes.")
      }
      texts.append(text)
    }
    return texts
  }

  /// What the word was.
  static func bytes(of text: String) -> [UInt8] {
    guard holdsStandIns(text) else { return Array(text.utf8) }
    var bytes: [UInt8] = []
    for scalar in text.unicodeScalars {
      if scalar.value >= firstStandIn {
        bytes.append(UInt8(truncatingIfNeeded: scalar.value))
      } else {
        bytes += Array(String(scalar).utf8)
      }
    }
    return bytes
  }

  /// For messages: U+FFFD for bytes that are not UTF-8.
  static func shown(_ text: String) -> String { String(decoding: bytes(of: text), as: UTF8.self) }

  static func text(of bytes: [UInt8]) -> String {
    if let text = String(validating: bytes, as: UTF8.self), !holdsStandIns(text) { return text }
    var text = String.UnicodeScalarView()
    var rest = bytes[...]
    while let first = rest.first {
      let length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
      let scalar = String(validating: rest.prefix(length), as: UTF8.self)?.unicodeScalars
      if let only = scalar?.first, scalar?.count == 1, only.value < firstStandIn {
        text.append(only)
        rest = rest.dropFirst(length)
      } else {
        if let standIn = Unicode.Scalar(firstStandIn + UInt32(first)) { text.append(standIn) }
        rest = rest.dropFirst()
      }
    }
    return String(text)
  }

  private static func holdsStandIns(_ text: String) -> Bool {
    text.unicodeScalars.contains { $0.value >= firstStandIn }
  }

  /// Commands whose arguments are paths, values or REV:PATH.
  private static let pathCommands: Set = [
    "set", "get", "rm", "mv", "ls", "tree", "cat", "watch", "log", "show", "diff", "blame",
    "last-modified", "script",
  ]
  private static let textOptions: Set = [
    "--store", "--branch", "-b", "--author", "--message", "-m", "--file", "--depth", "-L",
  ]

  private static func mayBeBytes(_ text: String, after words: [String]) -> Bool {
    guard let command = words.first(where: { !$0.hasPrefix("-") }), pathCommands.contains(command)
    else { return false }
    if words.contains("--") { return true }
    if let last = words.last, textOptions.contains(last) { return false }
    return !text.hasPrefix("-") || text.hasPrefix("--test=") || text.hasPrefix("--at=")
  }
}
