import Foundation

/// A long history with merges in a Git repository, the same one each time.
///
/// Every commit writes one of 100 files. Now and then a side branch of nine commits begins, which is merged ten commits
/// later. `rare/once` is written by the first commit alone, `rare/half` in the middle. The branch `old` leaves the history
/// after a tenth of it and has 100 commits of its own.
struct HistoryFixture {
  let folder: URL
  let commits: Int
  let merges: Int

  static func make(commits: Int, in folder: URL) async throws -> HistoryFixture {
    _ = try await Program.output(
      of: ["git", "init", "-q", "--bare", "-b", "main", "."], in: folder)
    var stream = ""
    var mark = 0
    var merges = 0
    func commit(_ ref: String, from: Int?, merge: Int? = nil, _ files: [(String, String)]) -> Int {
      mark += 1
      stream += "commit \(ref)\nmark :\(mark)\n"
      stream += "committer Irminsul <irminsul@localhost> \(1_500_000_000 + mark) +0000\n"
      stream += "data 6\nWrite\n\n"
      if let from { stream += "from :\(from)\n" }
      if let merge { stream += "merge :\(merge)\n" }
      for (path, text) in files {
        stream += "M 100644 inline \(path)\ndata \(text.utf8.count)\n\(text)\n"
      }
      return mark
    }
    func file() -> (String, String) { ("d\(mark % 10)/f\(mark / 10 % 10)", "\(mark)") }
    let main = "refs/heads/main"
    var head = commit(main, from: nil, [("rare/once", "1"), file()])
    while mark < commits {
      if mark % 10 == 1, mark > 20, merges < commits / 10 {
        var side = head
        for _ in 0..<4 {
          side = commit("refs/heads/side", from: side, [("side/s\(mark % 7)", "\(mark)")])
        }
        for _ in 0..<4 { head = commit(main, from: head, [file()]) }
        head = commit(main, from: head, merge: side, [("side/s\(mark % 7)", "\(mark)")])
        merges += 1
      } else if mark > commits / 2, mark <= commits / 2 + 10 {
        head = commit(main, from: head, [("rare/half", "\(mark)"), file()])
      } else {
        head = commit(main, from: head, [file()])
      }
      if mark > commits / 10, mark <= commits / 10 + 10 {
        var old = head
        for _ in 0..<100 { old = commit("refs/heads/old", from: old, [("old", "\(mark)")]) }
      }
    }
    stream += "done\n"
    _ = try await Program.output(
      of: ["git", "fast-import", "--quiet", "--force"], in: folder, input: Data(stream.utf8))
    return HistoryFixture(folder: folder, commits: mark, merges: merges)
  }
}
