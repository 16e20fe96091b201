import Foundation

/// A Git repository with a long line of commits, of which the branch `keep` has the first part and `main` all.
///
/// Each commit writes one of ten files, each in a directory of its own, so it has a blob, two trees and itself: four
/// objects.
struct CollectFixture {
  let folder: URL

  static func make(objects: Int, live: Double, in folder: URL) async throws -> CollectFixture {
    _ = try await Program.output(
      of: ["git", "init", "-q", "--bare", "-b", "keep", "."], in: folder)
    let commits = max(1, objects / 4)
    let kept = max(1, Int(Double(commits) * live))
    var stream = ""
    for number in 1...commits {
      let value = "value \(number)\n"
      stream += "commit refs/heads/main\nmark :\(number)\n"
      stream += "committer Irminsul <irminsul@localhost> \(1_600_000_000 + number) +0000\n"
      stream += "data 5\nWrite\n"
      if number > 1 { stream += "from :\(number - 1)\n" }
      stream += "M 100644 inline d\(number % 10)/value\ndata \(value.utf8.count)\n\(value)\n"
      if number == kept { stream += "reset refs/heads/keep\nfrom :\(number)\n\n" }
    }
    stream += "done\n"
    _ = try await Program.output(
      of: ["git", "fast-import", "--quiet", "--done"], in: folder, input: Data(stream.utf8))
    return CollectFixture(folder: folder)
  }

  /// Bytes of all files of the repository.
  var bytes: Int {
    let files = FileManager.default.enumerator(
      at: folder, includingPropertiesForKeys: [.fileSizeKey])
    var sum = 0
    while let file = files?.nextObject() as? URL {
      sum += (try? file.resourceValues(forKeys: [.fileSizeKey]).fileSize) ?? 0
    }
    return sum
  }
}
