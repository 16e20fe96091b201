/// Why bytes are no Git object, or values can be none.
public enum GitObjectError: Error, Sendable, Hashable {
  /// The bytes are not of the form that Git reads.
  ///
  /// `kind` is nil while the header's own word is in question. `offset` counts from the start of
  /// what was decoded: the framed bytes for a header's fault, the content for all others.
  case malformed(kind: ObjectKind?, offset: Int, reason: String)
  /// An object of another kind was given.
  case unexpectedKind(expected: ObjectKind, found: ObjectKind)
  /// A tree may not get an entry of this name.
  case forbiddenName(name: [UInt8], EntryName.Problem)
  /// Two entries of one tree have the same name.
  case duplicateName(name: [UInt8])
  /// An id is of another hash than the tree or commit that it should stand in.
  case mixedAlgorithms(expected: HashAlgorithm, found: ObjectID)
  /// An extra header's name is empty or holds a space, a newline or NUL.
  case invalidHeaderName(name: [UInt8])
}

extension GitObjectError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .malformed(let kind, let offset, let reason):
      "malformed \(kind?.rawValue ?? "object") at byte \(offset): \(reason)\n"
        + "The bytes are damaged or were never a Git object: get the object again from its source."
    case .unexpectedKind(let expected, let found):
      "expected a \(expected.rawValue), found a \(found.rawValue)\n"
        + "Check which object the id belongs to."
    case .forbiddenName(let name, let problem):
      "a tree entry may not be named \"\(printable(name))\": \(problem)\nChoose another name."
    case .duplicateName(let name):
      "two entries of one tree are named \"\(printable(name))\"\nRemove one of them."
    case .mixedAlgorithms(let expected, let found):
      "\(found) is a \(found.algorithm.rawValue) id where \(expected.rawValue) ids are used\n"
        + "A repository has one hash: convert the object first."
    case .invalidHeaderName(let name):
      "a header may not be named \"\(printable(name))\"\n"
        + "Use a word without spaces, newlines and NUL."
    }
  }
}

/// Text of any bytes for a message, on one line.
func printable(_ bytes: [UInt8]) -> String {
  var text = ""
  for character in String(decoding: bytes, as: UTF8.self).unicodeScalars {
    if character.value < 0x20 || character.value == 0x7F || character == "\"" {
      text += character.escaped(asASCII: true)
    } else {
      text.unicodeScalars.append(character)
    }
  }
  return text
}
