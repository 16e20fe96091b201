import Foundation
import Irminsul

/// What a proof shows, as `prove` and `check-proof` print it.
struct ProofFacts: Encodable {
  let root: String
  let path: String
  let pathBase64: String?
  let found: Bool
  let mode: String?
  let id: String?
  let value: String?
  let base64: String?
  let size: Int
  let objects: Int
  let output: String?
  let proof: String?

  /// Of a proof that was read, with the value.
  init(_ proof: PathProof, size: Int) {
    var value: Bytes?
    if case .present(_, let bytes) = proof.finding { value = bytes }
    self.init(proof, size: size, value: value, output: nil, proof: nil)
  }

  /// Of a proof that was made, with the proof.
  init(_ proof: PathProof, size: Int, output: String?, proof bytes: Bytes?) {
    self.init(proof, size: size, value: nil, output: output, proof: bytes)
  }

  private init(
    _ proof: PathProof, size: Int, value: Bytes?, output: String?, proof bytes: Bytes?
  ) {
    root = proof.root.hex
    path = proof.path.description
    pathBase64 = JSONBytes(proof.path.bytes).base64
    if case .present(let entry, _) = proof.finding {
      (found, mode, id) = (true, entry.mode.sixDigits, entry.id.hex)
    } else {
      (found, mode, id) = (false, nil, nil)
    }
    let content = value.map { JSONBytes($0) }
    (self.value, base64) = (content?.text, content?.base64)
    self.size = size
    objects = proof.objects.count
    self.output = output
    self.proof = bytes.map { Data($0).base64EncodedString() }
  }

  /// For people.
  static func sentence(_ proof: PathProof) -> String {
    let root = Style.output(.yellow, proof.root.hex)
    let path = QuotedName.text(Array(proof.path.bytes))
    let place = proof.path.isRoot ? "its root" : path
    switch proof.finding {
    case .absent: return "\(root) has nothing at \(place)"
    case .present(let entry, let value):
      let what =
        entry.mode.isTree
        ? "the folder \(entry.id)"
        : entry.mode.isSubmodule
          ? "commit \(entry.id) of another repository"
          : (value.map { FoundText.value($0) } ?? "a value") + " (\(entry.id))"
      return "\(root) has \(what) at \(place)"
    }
  }
}
