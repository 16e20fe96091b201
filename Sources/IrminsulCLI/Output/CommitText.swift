import Irminsul

/// A commit as `git log` and `git show` print it.
struct CommitText {
  let commit: Commit
  /// The refs at it, for people at a terminal.
  var labels: [String] = []
  /// `<` or `>`, and a space, for an end of A...B.
  var mark = ""

  private var names: String {
    labels.isEmpty ? "" : " " + Style.output(.green, "(\(labels.joined(separator: ", ")))")
  }

  var line: String {
    "\(mark)\(Style.output(.yellow, commit.id.short))\(names) \(commit.subject)"
  }

  /// Lines without an end of the last one.
  var paragraphs: String {
    var lines = [Style.output(.yellow, "commit \(mark)\(commit.id)") + names]
    if commit.parents.count > 1 {
      lines.append("Merge: " + commit.parents.map(\.short).joined(separator: " "))
    }
    lines.append("Author: \(commit.author?.name ?? "") <\(commit.author?.email ?? "")>")
    lines.append("Date:   \(DateText.git(commit.author))")
    lines.append("")
    lines += Self.lines(of: commit.message).map { "    \($0)" }
    return lines.joined(separator: "\n")
  }

  /// The lines of a message, without empty ones around it.
  static func lines(of message: String) -> ArraySlice<Substring> {
    var lines = message.split(separator: "\n", omittingEmptySubsequences: false)[...]
    while lines.last?.allSatisfy(\.isWhitespace) == true { lines.removeLast() }
    while lines.first?.allSatisfy(\.isWhitespace) == true { lines.removeFirst() }
    return lines
  }
}

extension ObjectID {
  /// The first ten digits.
  var short: String { String(hex.prefix(10)) }
}

extension GraphDrawing {
  /// The history as `git log --graph --oneline` prints it, with or without refs beside the commits.
  func text(for labels: Labels) -> String {
    text { node in
      let names = node.labels.joined(separator: ", ")
      let shown =
        labels == .hidden || names.isEmpty ? "" : Style.output(.green, "(\(names))") + " "
      return "\(Style.output(.yellow, node.shortID)) \(shown)\(node.subject)"
    }
  }

  enum Labels {
    case shown
    case hidden
  }
}
