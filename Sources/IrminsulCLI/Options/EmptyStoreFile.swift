import Foundation
import Irminsul

/// The file of a store that is about to be made, where there is none yet.
struct EmptyStoreFile {
  private let path: String

  /// nil where the URL names no file, or one that is there.
  init?(at url: String) {
    guard url.hasPrefix("file:"),
      let path = url.dropFirst("file:".count).prefix(while: { $0 != "?" }).description
        .removingPercentEncoding,
      !FileManager.default.fileExists(atPath: path)
    else { return nil }
    self.path = path
  }

  /// Takes it away, with what SQLite keeps beside it.
  func remove() {
    for suffix in ["", "-wal", "-shm", "-journal"] {
      try? FileManager.default.removeItem(atPath: path + suffix)
    }
  }
}
