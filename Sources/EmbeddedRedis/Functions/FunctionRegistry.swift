import OrderedCollections
import RedisScripting

/// The libraries that a host has loaded.
final class FunctionRegistry: Sendable {
  private struct State {
    var libraries: OrderedDictionary<String, FunctionLibrary> = [:]
    var loadings = 0
  }

  private let state = Locked(State())

  static func isName(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy {
        (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0)
          || $0 == 0x5f
      }
  }

  /// The key of the next loading.
  func newKey() -> String {
    state.withLock {
      $0.loadings += 1
      return String($0.loadings)
    }
  }

  var libraries: [FunctionLibrary] { state.withLock { Array($0.libraries.values) } }

  func hasLibrary(_ name: String) -> Bool { state.withLock { $0.libraries[name] != nil } }

  /// A function by its name in any case.
  func function(_ name: String) -> (FunctionLibrary, FunctionLibrary.Function)? {
    state.withLock { Self.find(name, in: $0.libraries.values) }
  }

  private static func find(
    _ name: String, in libraries: some Sequence<FunctionLibrary>
  ) -> (FunctionLibrary, FunctionLibrary.Function)? {
    let lowered = name.lowercased()
    for library in libraries {
      if let function = library.functions.first(where: { $0.name.lowercased() == lowered }) {
        return (library, function)
      }
    }
    return nil
  }

  /// Adds libraries, all of them or none, in place of those of the same names if that is wanted.
  ///
  /// - Returns: Why nothing was added, if so.
  func add(_ new: [FunctionLibrary], replacing: Bool, _ alreadyThere: (String) -> String) -> String?
  {
    state.withLock { state in
      var libraries = state.libraries
      for library in new {
        if libraries[library.name] != nil {
          guard replacing else { return alreadyThere(library.name) }
          libraries[library.name] = nil
        }
      }
      for library in new {
        for function in library.functions
        where Self.find(function.name, in: libraries.values) != nil {
          return "ERR Function \(function.name) already exists"
        }
        libraries[library.name] = library
      }
      state.libraries = libraries
      return nil
    }
  }

  func replaceAll(by new: [FunctionLibrary]) {
    state.withLock { state in
      state.libraries = [:]
      for library in new { state.libraries[library.name] = library }
    }
  }

  func remove(_ name: String) -> Bool {
    state.withLock { $0.libraries.removeValue(forKey: name) != nil }
  }

  func removeAll() { state.withLock { $0.libraries.removeAll() } }
}
