/// How a store keeps its directories as tree objects. Chosen when the store is made, for good.
public enum DirectoryLayout: String, Sendable, Hashable, CaseIterable {
  /// Each directory is one tree object, as in every Git repository. A commit rewrites the whole tree
  /// of each directory on the path.
  case git
  /// A directory of more than ``bucketSize`` entries is a trie of small tree objects: a commit, a read
  /// and a page of a listing cost the logarithm of its entries. Smaller ones are as in ``git``, and so
  /// is every directory that came from elsewhere, until it is edited.
  case wide

  /// The entries of one tree object, at most, in the layout ``wide``.
  public static let bucketSize = 32

  /// The storage format of a store that has it: what older versions would misread has a number of its own.
  package var format: String {
    switch self {
    case .git: "1"
    case .wide: "2"
    }
  }
}
