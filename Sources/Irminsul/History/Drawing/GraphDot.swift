import GitObjects

extension GraphDrawing {
  /// The history in Graphviz' language: `irminsul graph --format dot | dot -Tsvg > history.svg`.
  ///
  /// Source: https://graphviz.org/doc/info/lang.html; Irmin's `Dot`.
  public func dot() -> String {
    func quoted(_ text: String) -> String {
      var result = "\""
      for scalar in text.unicodeScalars {
        switch scalar {
        case "\"", "\\": result += "\\\(scalar)"
        case "\n": result += "\\n"
        case _ where scalar.value < 0x20 || scalar.value == 0x7F: result += " "
        default: result.unicodeScalars.append(scalar)
        }
      }
      return result + "\""
    }
    var text = """
      digraph history {
        rankdir=BT;
        node [shape=box, style=rounded, fontname="Helvetica", fontsize=10];
        edge [arrowsize=0.6];

      """
    for node in nodes {
      let shape = node.parents.count > 1 ? ", shape=ellipse" : ""
      text += "  \(quoted(node.id.hex)) [label=\(quoted("\(node.shortID)\n\(node.subject)"))"
      text += ", tooltip=\(quoted("\(node.author), \(node.id.hex)"))\(shape)];\n"
      for label in node.labels {
        let name = quoted("ref \(label)")
        text +=
          "  \(name) [label=\(quoted(label)), shape=cds, style=filled, fillcolor=lightyellow];\n"
        text += "  \(name) -> \(quoted(node.id.hex)) [style=dashed];\n"
      }
      for (number, parent) in node.parents.enumerated() {
        let style = number == 0 ? "" : " [color=gray]"
        if ids.contains(parent) {
          text += "  \(quoted(node.id.hex)) -> \(quoted(parent.hex))\(style);\n"
        } else {
          let rest = quoted("before \(parent.hex)")
          text += "  \(rest) [label=\"…\", shape=plaintext];\n"
          text += "  \(quoted(node.id.hex)) -> \(rest) [style=dotted];\n"
        }
      }
    }
    return text + "}\n"
  }
}
