import Foundation

/// The folder that an export makes. It is filled out of sight, and shows up complete or not at all.
struct ExportFolder {
  /// Where the repository is made.
  let stage: String
  private let path: String
  private let existed: Bool

  /// - Throws: `GitError.notEmpty` for anything but an absent path or an empty folder.
  init(path: String) throws(GitError) {
    let path = URL(fileURLWithPath: path).standardizedFileURL.path
    let manager = FileManager.default
    var isFolder: ObjCBool = false
    existed = manager.fileExists(atPath: path, isDirectory: &isFolder)
    if existed {
      guard isFolder.boolValue else { throw .notEmpty(path) }
      do {
        guard try manager.contentsOfDirectory(atPath: path).isEmpty else {
          throw GitError.notEmpty(path)
        }
      } catch let error as GitError {
        throw error
      } catch {
        throw .cannotWrite(path: path, reason: SystemReason.text(of: error))
      }
    }
    self.path = path
    // Beside the folder, or in it when it is there: always on the disk where it will stay.
    let place = existed ? path : URL(fileURLWithPath: path).deletingLastPathComponent().path
    stage = "\(place)/.irminsul-export-\(UUID().uuidString.prefix(8).lowercased())"
    guard mkdir(stage, 0o755) == 0 else {
      throw .cannotWrite(path: path, reason: SystemReason.text(of: errno))
    }
  }

  /// Shows the repository under the path.
  func finish() throws(GitError) {
    guard existed else {
      try Self.move(stage, to: path)
      return
    }
    // git knows a repository by its HEAD.
    let names = (try? FileManager.default.contentsOfDirectory(atPath: stage)) ?? []
    for name in names.filter({ $0 != "HEAD" }) + ["HEAD"] {
      do {
        try Self.move("\(stage)/\(name)", to: "\(path)/\(name)")
      } catch {
        for name in names { try? FileManager.default.removeItem(atPath: "\(path)/\(name)") }
        throw error
      }
    }
    rmdir(stage)
  }

  /// Leaves no trace of what was made; nothing to do after ``finish()``.
  func discard() {
    try? FileManager.default.removeItem(atPath: stage)
  }

  func write(_ bytes: [UInt8], to name: String) throws(GitError) {
    do {
      try Data(bytes).write(to: URL(fileURLWithPath: "\(stage)/\(name)"))
    } catch {
      throw .cannotWrite(path: path, reason: SystemReason.text(of: error))
    }
  }

  private static func move(_ source: String, to target: String) throws(GitError) {
    guard rename(source, target) == 0 else {
      throw .cannotWrite(path: target, reason: SystemReason.text(of: errno))
    }
  }
}
