import RedisScripting

/// The watches of an ``AtomicWriteStore``: who wants to know of changes, and how they are told. A
/// backend keeps one of these, and tells it of each change while nobody else can make another.
///
/// ```swift
/// let watchers = Watchers<String, ObjectID>()
/// lock.withLock {
///   values[key] = value
///   watchers.notify(key, value)
/// }
/// ```
///
/// Each watch gets each change once and in order, in a task of its own, so that a slow one holds up
/// nobody. A value that is there already is no change, and is not told.
///
/// Source: Irmin's `Watch.Make`, whose `unwatch` still delivers what is queued; this one does not.
public final class Watchers<Key: Hashable & Sendable, Value: Sendable & Equatable>: Sendable {
  /// A running watch. It ends when it is given to ``Watchers/unwatch(_:)``, or released.
  public struct Watch: Sendable {
    let number: Int
    let run: CallbackTask
  }

  private struct State {
    var isClosed = false
    /// What the watches have been told so far, kept while there are any.
    var known: [Key: Value] = [:]
    var inputs: [Int: AsyncStream<(Key, Value?)>.Continuation] = [:]
    var nextNumber = 0

    mutating func tell(_ key: Key, _ value: Value?) {
      guard !inputs.isEmpty, known[key] != value else { return }
      known[key] = value
      for input in inputs.values { input.yield((key, value)) }
    }

    mutating func tell(all present: [Key: Value]) {
      for key in known.keys where present[key] == nil { tell(key, nil) }
      for (key, value) in present { tell(key, value) }
    }
  }

  private let state = Locked(State())

  public init() {}

  /// Whether nobody watches, so that looking for changes would be in vain.
  public var isEmpty: Bool { state.withLock { $0.inputs.isEmpty } }

  /// Starts a watch of all keys.
  ///
  /// - Parameters:
  ///   - initial: What the caller of the watch knows; what differs now is told first. nil: nothing is.
  ///   - present: What is there now. Read it under the lock under which this is called.
  ///   - body: Called for each change, one at a time.
  public func watch(
    initial: [Key: Value]?, present: [Key: Value],
    _ body: @escaping @Sendable (Key, Value?) async -> Void
  ) -> Watch {
    let (changes, input) = AsyncStream<(Key, Value?)>.makeStream()
    let number = state.withLock { state in
      // Others learn here what nobody has told them yet.
      state.tell(all: present)
      if state.inputs.isEmpty { state.known = present }
      let number = state.nextNumber
      state.nextNumber += 1
      if let initial {
        for key in initial.keys where present[key] == nil { input.yield((key, nil)) }
        for (key, value) in present where initial[key] != value { input.yield((key, value)) }
      }
      if state.isClosed { input.finish() } else { state.inputs[number] = input }
      return number
    }
    // Nothing is kept for a watch that was released.
    input.onTermination = { [weak self] _ in self?.forget(number) }
    return Watch(
      number: number,
      run: CallbackTask { callback in
        for await (key, value) in changes {
          await callback { await body(key, value) }
        }
      })
  }

  /// Starts a watch of one key: as ``watch(initial:present:_:)``.
  ///
  /// - Parameters:
  ///   - key: What is watched; changes of others are not told.
  ///   - initial: What the caller of the watch knows; if something else is there now, that is told
  ///     first. nil: it is not.
  ///   - present: What is there now, under all keys.
  ///   - body: Called for each change, one at a time.
  public func watchKey(
    _ key: Key, initial: Value?, present: [Key: Value],
    _ body: @escaping @Sendable (Value?) async -> Void
  ) -> Watch {
    var all: [Key: Value]?
    if let initial {
      all = present
      all?[key] = initial
    }
    return watch(initial: all, present: present) { changed, value in
      if changed == key { await body(value) }
    }
  }

  /// Tells the watches of a change. Never waits.
  ///
  /// - Parameters:
  ///   - key: What has changed.
  ///   - value: What is there now; nil when it was removed.
  public func notify(_ key: Key, _ value: Value?) {
    state.withLock { $0.tell(key, value) }
  }

  /// Tells the watches what is different from what they know: for changes that another process has
  /// made. Never waits.
  ///
  /// - Parameter present: What is there now, under all keys.
  public func notify(present: [Key: Value]) {
    state.withLock { $0.tell(all: present) }
  }

  /// Ends a watch: when this returns, no further callback begins, also not for changes that were made
  /// before, and none is running. Called from the watch's own callback, it does not wait for that one.
  public func unwatch(_ watch: Watch) async {
    forget(watch.number)?.finish()
    await watch.run.end()
  }

  @discardableResult
  private func forget(_ number: Int) -> AsyncStream<(Key, Value?)>.Continuation? {
    state.withLock { $0.inputs.removeValue(forKey: number) }
  }

  /// Ends all watches, and those that are started later: after this no change is told.
  public func close() {
    let inputs = state.withLock { state in
      defer { state.inputs = [:] }
      state.isClosed = true
      return Array(state.inputs.values)
    }
    for input in inputs { input.finish() }
  }
}

/// A task that calls somebody back, and can be ended so that no further call begins.
final class CallbackTask: Sendable {
  /// Which of these tasks a callback is running in.
  @TaskLocal private static var current: ObjectIdentifier?

  private final class Mark: Sendable {}

  private let mark: Mark
  private let task: Task<Void, Never>

  /// - Parameter body: Makes each of its calls through the function that it is given.
  init(
    _ body: @escaping @Sendable (_ callback: (() async -> Void) async -> Void) async -> Void
  ) {
    let mark = Mark()
    self.mark = mark
    task = Task {
      await body { call in
        if Task.isCancelled { return }
        await Self.$current.withValue(ObjectIdentifier(mark)) { await call() }
      }
    }
  }

  /// Ends the task and waits for a callback that is running, unless this is called from within it.
  func end() async {
    task.cancel()
    if Self.current != ObjectIdentifier(mark) { await task.value }
  }

  deinit { task.cancel() }
}
