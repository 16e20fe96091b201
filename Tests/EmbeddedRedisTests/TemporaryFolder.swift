import EmbeddedRedis
import Foundation
import RedisScripting

/// A folder that is removed with this value.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "embedded-\(UInt64.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    path = folder.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { path + "/" + name }
}

/// Both places where keys can live.
enum StorageKind: CaseIterable, Sendable {
  case memory, file

  func storage(in folder: TemporaryFolder) -> EmbeddedConfiguration.Storage {
    switch self {
    case .memory: .memory
    case .file: .file(path: folder.file("store"))
    }
  }
}

extension Script {
  /// A script for one test.
  init(_ source: String, keys: [String] = [], access: Access = .write) {
    self.init(name: "test", keys: keys, access: access, source: source)
  }
}
