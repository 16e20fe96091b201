/// What an object is. The raw value is the word in the object's header.
public enum ObjectKind: String, Sendable, CaseIterable {
  /// The bytes of a file or of a symbolic link's target.
  case blob
  /// A list of names, each with a mode and an id.
  case tree
  /// A tree with its history.
  case commit
  /// An annotated tag: a name and a message for another object.
  case tag
}

extension ObjectKind {
  /// The kind whose word these bytes are.
  init?(word: UnsafeBufferPointer<UInt8>) {
    for kind in Self.allCases where word.elementsEqual(kind.rawValue.utf8) {
      self = kind
      return
    }
    return nil
  }
}
