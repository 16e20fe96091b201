import Foundation
import Irminsul

/// The file `.irminsul/store` of a folder.
struct DefaultStore {
  /// The folder that holds `.irminsul`.
  let folder: String

  var path: String { (folder == "/" ? "" : folder) + "/.irminsul/store" }

  /// The store as a URL.
  var url: String {
    let allowed = CharacterSet.urlPathAllowed.subtracting(CharacterSet(charactersIn: "?#%"))
    return "file:" + (path.addingPercentEncoding(withAllowedCharacters: allowed) ?? path)
  }

  /// The store of this very folder, whether it is there or not.
  static var here: DefaultStore {
    DefaultStore(folder: FileManager.default.currentDirectoryPath)
  }

  /// The store of this folder or the nearest one above it.
  static func nearest() -> DefaultStore? {
    var folder = FileManager.default.currentDirectoryPath
    while true {
      let store = DefaultStore(folder: folder)
      if FileManager.default.fileExists(atPath: store.path) { return store }
      if folder == "/" || folder.isEmpty { return nil }
      folder = (folder as NSString).deletingLastPathComponent
    }
  }

  /// Calls `body` with the folder for the store made, and takes it away again when that fails and
  /// nothing came into it.
  func withFolder<Result>(_ body: () async throws -> Result) async throws -> Result {
    let inner = (path as NSString).deletingLastPathComponent
    let ignore = inner + "/.gitignore"
    if FileManager.default.fileExists(atPath: inner) { return try await body() }
    do {
      try FileManager.default.createDirectory(atPath: inner, withIntermediateDirectories: true)
      // A store in a folder that Git keeps should not be a part of that.
      try "*\n".write(toFile: ignore, atomically: true, encoding: .utf8)
    } catch {
      rmdir(inner)
      throw Failure(
        .io,
        "cannot make the folder \(inner): \(SystemReason.text(of: error))\n"
          + "Give another place with --store file:PATH.")
    }
    do {
      return try await body()
    } catch {
      if (try? FileManager.default.contentsOfDirectory(atPath: inner)) == [".gitignore"] {
        try? FileManager.default.removeItem(atPath: ignore)
        rmdir(inner)
      }
      throw error
    }
  }
}
