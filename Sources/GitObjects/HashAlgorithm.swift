/// The hash that names objects: one for a whole repository.
///
/// Source: https://git-scm.com/docs/hash-function-transition
public enum HashAlgorithm: String, Sendable, CaseIterable, Codable {
  /// Git's default: ids of 20 bytes.
  case sha1
  /// Repositories made with `git init --object-format=sha256`: ids of 32 bytes.
  case sha256

  /// The bytes of a raw id.
  public var byteCount: Int {
    switch self {
    case .sha1: 20
    case .sha256: 32
    }
  }

  /// The hexadecimal digits of a printed id.
  public var digitCount: Int { byteCount * 2 }
}
