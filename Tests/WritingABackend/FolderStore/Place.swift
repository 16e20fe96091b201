import Foundation
import Irminsul
import Synchronization

/// A folder on the disk, and whether the store in it is still open.
final class Place: Sendable {
  let folder: URL
  private let isClosed = Atomic<Bool>(false)

  init(_ folder: URL) throws {
    self.folder = folder
    for name in ["objects", "links", "branches", "new"] {
      try FileManager.default.createDirectory(
        at: folder.appending(path: name), withIntermediateDirectories: true)
    }
  }

  func close() { isClosed.store(true, ordering: .relaxed) }

  func checkIsOpen() throws {
    if isClosed.load(ordering: .relaxed) {
      throw StoreError.host(.closed(location: folder.path))
    }
  }

  /// The bytes of a file; nil when there is none. Any other failure is an error.
  func read(_ file: String) throws -> [UInt8]? {
    try checkIsOpen()
    do {
      return [UInt8](try Data(contentsOf: folder.appending(path: file)))
    } catch CocoaError.fileReadNoSuchFile {
      return nil
    }
  }

  /// Puts bytes into a file as a whole: a reader sees the old ones or the new ones.
  func write(_ bytes: [UInt8], to file: String) throws {
    try checkIsOpen()
    let new = folder.appending(path: "new").appending(path: UUID().uuidString)
    try Data(bytes).write(to: new)
    guard rename(new.path, folder.appending(path: file).path) == 0 else {
      throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: file])
    }
  }

  func remove(_ file: String) throws {
    try checkIsOpen()
    do {
      try FileManager.default.removeItem(at: folder.appending(path: file))
    } catch CocoaError.fileNoSuchFile {
      // Nothing is there to be removed.
    }
  }

  func names(in subfolder: String) throws -> [String] {
    try checkIsOpen()
    return try FileManager.default.contentsOfDirectory(
      atPath: folder.appending(path: subfolder).path)
  }
}

extension Place {
  /// Runs a body while no other task and no other process runs one on this folder.
  func locked<Result>(_ body: () throws -> Result) throws -> Result {
    try checkIsOpen()
    let file = open(folder.appending(path: "lock").path, O_CREAT | O_RDWR, 0o644)
    guard file >= 0, flock(file, LOCK_EX) == 0 else {
      throw CocoaError(.fileLocking, userInfo: [NSFilePathErrorKey: folder.path])
    }
    defer { Foundation.close(file) }
    return try body()
  }
}
