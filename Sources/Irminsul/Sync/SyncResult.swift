import GitObjects

/// What a transfer between two stores has done.
public struct SyncResult: Sendable, Hashable {
  /// What has become of one ref.
  public struct Ref: Sendable, Hashable {
    public enum Change: Sendable, Hashable {
      case created
      /// It has moved on.
      case fastForward
      /// It was elsewhere, and is lost there.
      case forced
      /// What it had and what came were merged.
      case merged
      case removed
      case unchanged
    }

    /// The full name, such as `refs/heads/main`.
    public let name: String
    public let change: Change
    public let old: ObjectID?
    public let new: ObjectID?
  }

  /// Objects that were sent: the other store did not have them.
  public let objects: Int
  /// Bytes of those objects.
  public let bytes: Int
  public let refs: [Ref]
}

/// Called now and then while a transfer runs, from one task at a time.
public typealias TransferReport = @Sendable (TransferProgress) -> Void
