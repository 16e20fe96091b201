import Irminsul

/// A ref that a transfer has set, as `clone`, `fetch`, `push` and `pull` print it.
struct SyncFacts: Encodable {
  let ref: String
  let change: String
  let old: String?
  let new: String?

  init(_ ref: SyncResult.Ref) {
    self.ref = ref.name
    change = "\(ref.change)"
    old = ref.old?.hex
    new = ref.new?.hex
  }

  init(ref: String, change: String, old: ObjectID?, new: ObjectID?) {
    self.ref = ref
    self.change = change
    self.old = old?.hex
    self.new = new?.hex
  }

  func print(_ output: OutputOptions) throws {
    if output.isJSON { return try JSONLine.print(self) }
    let words: [String: String] = [
      "created": "new", "fastForward": "moved on", "forced": "forced", "merged": "merged",
      "removed": "removed", "unchanged": "as it was", "fetched": "fetched",
    ]
    let place = [old, new].compactMap { $0.map { String($0.prefix(10)) } }
    try StandardOutput.line(
      "\(Style.output(.green, ref)) \(words[change] ?? change)"
        + (place.isEmpty ? "" : " \(Style.output(.yellow, place.joined(separator: "..")))"))
  }
}
