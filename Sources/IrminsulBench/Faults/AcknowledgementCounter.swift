import Foundation

/// Counts the acknowledgements in a record while it grows.
struct AcknowledgementCounter {
  private static let mark = Data("\"acknowledged\"".utf8)
  private let record: URL
  private var offset: UInt64 = 0
  private var total = 0

  init(_ record: URL) {
    self.record = record
  }

  /// Reads on where the last call ended.
  mutating func count() throws -> Int {
    let file = try FileHandle(forReadingFrom: record)
    defer { try? file.close() }
    try file.seek(toOffset: offset)
    let new = try file.readToEnd() ?? Data()
    // The last line may be half there.
    guard let end = new.lastIndex(of: UInt8(ascii: "\n")) else { return total }
    offset += UInt64(end - new.startIndex + 1)
    var rest = new[...end]
    while let found = rest.range(of: Self.mark) {
      total += 1
      rest = rest[found.upperBound...]
    }
    return total
  }
}
