import GitObjects

/// Why a slice file cannot be written or read.
public enum SliceError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The file could not be opened, written or read; what the system said.
  case file(path: String, reason: String)
  /// The file does not begin as a slice does.
  case notASlice(path: String)
  /// The slice was written by a version of this library that this one does not understand.
  case unknownVersion(path: String, found: Int, supported: Int)
  /// The file ends in the middle.
  case truncated(path: String, bytes: Int)
  /// Something in the file is not what it must be.
  case damaged(path: String, offset: Int, reason: String)
  /// The slice goes on from a commit that the store does not have.
  case needs(path: String, ObjectID)
  /// A ref of the slice leads to an object that neither the slice nor the store has.
  case incomplete(path: String, ObjectID)

  public var description: String {
    switch self {
    case .file(let path, let reason): "cannot use the file \"\(path)\": \(reason)"
    case .notASlice(let path):
      "\"\(path)\" is not a slice\nGive a file that `slice export` or `snapshot` wrote."
    case .unknownVersion(let path, let found, let supported):
      "\"\(path)\" is a slice of version \(found); this library reads version \(supported)\n"
        + "Import it with a version that knows it."
    case .truncated(let path, let bytes):
      "\"\(path)\" ends after \(bytes) bytes, in the middle of the slice\nCopy or export it again."
    case .damaged(let path, let offset, let reason):
      "\"\(path)\" is damaged at byte \(offset): \(reason)\nCopy or export it again."
    case .needs(let path, let id):
      "\"\(path)\" goes on from commit \(id), which this store does not have\n"
        + "Import the slices before it first, or import its objects alone."
    case .incomplete(let path, let id):
      "\"\(path)\" leads to object \(id), which neither it nor the store has\n"
        + "Import what it builds on first, or import its objects alone."
    }
  }
}
