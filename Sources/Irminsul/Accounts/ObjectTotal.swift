import GitObjects

/// How many objects, and the bytes of their contents, as `git cat-file --batch-check` says them: without their
/// headers and what a server needs to keep them.
public struct ObjectTotal: Sendable, Hashable, Codable {
  public var objects: Int
  public var bytes: Int

  public init(objects: Int = 0, bytes: Int = 0) {
    self.objects = objects
    self.bytes = bytes
  }

  /// Counts one object more.
  mutating func add(bytes: Int) { self += ObjectTotal(objects: 1, bytes: bytes) }

  public static func + (left: ObjectTotal, right: ObjectTotal) -> ObjectTotal {
    ObjectTotal(objects: left.objects + right.objects, bytes: left.bytes + right.bytes)
  }

  public static func += (left: inout ObjectTotal, right: ObjectTotal) { left = left + right }
}

/// How many objects of each kind, and their bytes.
public struct KindTotals: Sendable, Hashable, Codable {
  public var blob = ObjectTotal()
  public var tree = ObjectTotal()
  public var commit = ObjectTotal()
  public var tag = ObjectTotal()
  /// What is stored among the objects and is none: damage, or what a newer version keeps.
  public var other = ObjectTotal()

  public init() {}

  /// Those of a kind; nil: what is no object.
  public subscript(kind: ObjectKind?) -> ObjectTotal {
    get { self[keyPath: Self.place(of: kind)] }
    set { self[keyPath: Self.place(of: kind)] = newValue }
  }

  private static func place(of kind: ObjectKind?) -> WritableKeyPath<Self, ObjectTotal> {
    switch kind {
    case .blob: \.blob
    case .tree: \.tree
    case .commit: \.commit
    case .tag: \.tag
    case nil: \.other
    }
  }

  /// All of them.
  public var all: ObjectTotal { blob + tree + commit + tag + other }

  public static func += (left: inout KindTotals, right: KindTotals) {
    for kind in ObjectKind.allCases { left[kind] += right[kind] }
    left.other += right.other
  }
}
