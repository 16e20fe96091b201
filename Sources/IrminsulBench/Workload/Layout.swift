import ArgumentParser
import Irminsul

/// Which paths the writers write.
enum Layout: String, Codable, CaseIterable, ExpressibleByArgument {
  /// Each writer its own leaf.
  case disjoint
  /// One counter that everybody increments.
  case hot
  /// Nine of ten commits to the writer's own leaf, one to the counter.
  case mixed

  /// What a writer's commit with a number does.
  enum Target {
    case ownLeaf
    case counter
  }

  func target(writer: Int, number: Int) -> Target {
    switch self {
    case .disjoint: .ownLeaf
    case .hot: .counter
    case .mixed: (writer + number) % 10 == 0 ? .counter : .ownLeaf
    }
  }
}
