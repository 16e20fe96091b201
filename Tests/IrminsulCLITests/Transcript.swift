import Foundation
import Testing

/// What `irminsul --help` says of a command's end.
enum ExitCode: Int32 {
  case done = 0
  case refused = 1
  case usage = 64
  case unreachable = 69
  case bug = 70
  case io = 74
}

/// What a command printed, and how it ended.
struct Transcript: Sendable {
  /// The exit code; 128 and the number of the signal that ended it.
  let status: Int32
  let output: [UInt8]
  let errors: String

  var text: String { String(decoding: output, as: UTF8.self) }
  var lines: [String] { text.split(separator: "\n").map(String.init) }
  var errorLines: [String] { errors.split(separator: "\n").map(String.init) }

  /// The output, one JSON object a line.
  func objects() throws -> [[String: Any]] {
    try lines.map { line in
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
      return try #require(object as? [String: Any], "\(line)")
    }
  }

  /// The only JSON object of the output.
  func object() throws -> [String: Any] {
    let all = try objects()
    #expect(all.count == 1)
    return try #require(all.first)
  }
}

/// A password that stands in the URLs of tests, and must stand nowhere else.
let secret = "hunter2-of-the-tests"

/// That a command did what it was asked, and had nothing to complain about.
@discardableResult
func expectDone(
  _ transcript: Transcript, _ text: String? = nil, sourceLocation: SourceLocation = #_sourceLocation
) -> Transcript {
  #expect(
    transcript.status == ExitCode.done.rawValue, "\(transcript.errors)",
    sourceLocation: sourceLocation)
  #expect(transcript.errors == "", sourceLocation: sourceLocation)
  if let text { #expect(transcript.text == text, sourceLocation: sourceLocation) }
  return transcript
}

/// That a command refused in one to three lines that hold `words`, and printed nothing else.
func expectRefusal(
  _ transcript: Transcript, _ code: ExitCode, _ words: String...,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(
    transcript.status == code.rawValue, "\(transcript.errors)", sourceLocation: sourceLocation)
  #expect(transcript.text == "", sourceLocation: sourceLocation)
  #expect(
    transcript.errors.hasPrefix("irminsul: "), "\(transcript.errors)",
    sourceLocation: sourceLocation)
  #expect(transcript.errors.hasSuffix("\n"), sourceLocation: sourceLocation)
  #expect(
    (1...3).contains(transcript.errorLines.count), "\(transcript.errors)",
    sourceLocation: sourceLocation)
  for word in words {
    #expect(
      transcript.errors.contains(word), "no \"\(word)\" in: \(transcript.errors)",
      sourceLocation: sourceLocation)
  }
  #expect(!transcript.errors.contains(secret), sourceLocation: sourceLocation)
}
