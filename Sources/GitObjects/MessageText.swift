/// Messages as people read them.
enum MessageText {
  static func decode(_ bytes: ArraySlice<UInt8>, encoding: String?) -> String {
    switch encoding?.lowercased() {
    case "iso-8859-1", "iso8859-1", "iso_8859-1", "latin1", "latin-1":
      String(decoding: bytes.lazy.map { UInt16($0) }, as: UTF16.self)
    default:
      String(decoding: bytes, as: UTF8.self)
    }
  }

  /// The first paragraph, its lines joined by spaces.
  static func subject(of message: String) -> String {
    var lines: [Substring] = []
    for line in message.split(separator: "\n", omittingEmptySubsequences: false) {
      let isBlank = line.allSatisfy(\.isWhitespace)
      if isBlank && lines.isEmpty { continue }
      if isBlank { break }
      let end = line.lastIndex { !$0.isWhitespace }
      lines.append(end.map { line[...$0] } ?? line)
    }
    return lines.joined(separator: " ")
  }
}
