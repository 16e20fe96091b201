import GitObjects
import RedisScripting

/// One thing that a walk over a tree meets.
public struct TreeVisit: Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    /// A directory, before what is in it.
    case directory
    /// A value, a symbolic link or a submodule.
    case contents
    /// A directory, after what is in it.
    case end
  }

  public let kind: Kind
  public let path: Path
  public let entry: Entry
  /// The bytes of a blob, if the walk reads them.
  public let value: Bytes?

  /// How many steps the path has; 0 for the root.
  public var depth: Int { path.steps.count }
}

/// Which part of a tree a walk goes over, and how.
public struct TreeWalkOptions: Sendable, Hashable {
  public enum Order: Sendable, Hashable {
    /// That of a listing, which is how trees are kept: nothing is sorted, and of a wide directory only a few
    /// parts are in memory at any time.
    case listing
    /// By the bytes of the names, so that paths come in the order of ``Path``.
    case name
  }

  /// What becomes of a subtree that is the same as one before.
  public enum Repeats: Sendable, Hashable {
    case visited
    /// Left out. Remembers the id of every directory. The depth at which one is met first counts.
    case skipped
  }

  public enum ValueDetail: Sendable, Hashable {
    case omitted
    /// Read, many in one round trip.
    case read
  }

  /// The depths that are visited: `2..<3` is two steps below the root alone. What is above is walked
  /// through, what is below is not read.
  public var depth: Range<Int>
  public var order: Order
  public var repeats: Repeats
  public var values: ValueDetail

  /// - Parameters:
  ///   - depth: Such as `0...3`, `1...` or `2...2`.
  ///   - order: Of what is visited.
  ///   - repeats: Whether what is at several places is visited at each.
  ///   - values: Whether values are read.
  public init(
    depth: some RangeExpression<Int>, order: Order = .listing, repeats: Repeats = .visited,
    values: ValueDetail = .omitted
  ) {
    self.depth = depth.relative(to: 0..<Int.max)
    self.order = order
    self.repeats = repeats
    self.values = values
  }

  public init(
    order: Order = .listing, repeats: Repeats = .visited, values: ValueDetail = .omitted
  ) {
    self.init(depth: 0..., order: order, repeats: repeats, values: values)
  }
}

/// What is in a tree, one after another: each directory, what is in it, and its end.
///
/// ```swift
/// for try await visit in tree.walk() where visit.kind == .contents {
///   print(visit.path, visit.entry.id)
/// }
/// ```
///
/// The trees that come next are read together: a level of a small tree in one round trip, however many
/// siblings there are, else some hundred trees at a time. That many are held in memory at most, and in the
/// layout ``DirectoryLayout/git`` the listings of the directories from the root to the present place.
///
/// Source: Irmin's `Tree.fold`.
public struct TreeWalk: AsyncSequence, Sendable {
  public typealias Element = TreeVisit

  let tree: Tree
  let options: TreeWalkOptions

  public func makeAsyncIterator() -> Iterator { Iterator(tree: tree, options: options) }

  public struct Iterator: AsyncIteratorProtocol, Sendable {
    let tree: Tree
    let options: TreeWalkOptions
    private var walker: TreeWalker?

    init(tree: Tree, options: TreeWalkOptions) {
      self.tree = tree
      self.options = options
    }

    /// The next visit; nil at the end.
    ///
    /// - Throws: ``StoreError/missingObject(_:in:)``, and `CancellationError` when the task is cancelled.
    public mutating func next() async throws -> TreeVisit? {
      var walker: TreeWalker
      if let known = self.walker {
        walker = known
        // Two that hold its lists would have them copied.
        self.walker = nil
      } else {
        walker = try await TreeWalker(tree, options)
      }
      let visit = try await walker.next()
      self.walker = walker
      return visit
    }

    /// Leaves out what is in the directory that came last, and its end.
    public mutating func skip() { walker?.skip() }
  }
}

extension Tree {
  /// What is in this tree, one after another. Nothing is read before the first element is asked for.
  public func walk(_ options: TreeWalkOptions = TreeWalkOptions()) -> TreeWalk {
    TreeWalk(tree: self, options: options)
  }

  /// How a fold goes on.
  public enum FoldStep: Sendable, Hashable {
    case `continue`
    /// Leave out what is in the directory that was visited, and its end.
    case skip
    /// Visit nothing more.
    case stop
  }

  /// Gathers a result from what is in this tree, in the order of ``walk(_:)``.
  ///
  /// ```swift
  /// let names = try await tree.fold(into: [Path]()) { names, visit in
  ///   if visit.path == "secret" { return .skip }
  ///   if visit.kind == .contents { names.append(visit.path) }
  ///   return .continue
  /// }
  /// ```
  ///
  /// - Throws: What ``TreeWalk`` throws, and what the closure does.
  public func fold<Result: Sendable>(
    into initial: Result, _ options: TreeWalkOptions = TreeWalkOptions(),
    isolation: isolated (any Actor)? = #isolation,
    _ visit: (inout Result, TreeVisit) async throws -> FoldStep
  ) async throws -> Result {
    var result = initial
    var iterator = walk(options).makeAsyncIterator()
    while let next = try await iterator.next() {
      switch try await visit(&result, next) {
      case .continue: break
      case .skip: iterator.skip()
      case .stop: return result
      }
    }
    return result
  }
}
