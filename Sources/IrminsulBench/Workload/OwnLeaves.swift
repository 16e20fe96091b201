import Irminsul

/// The paths that one writer changes, one with each commit, again and again.
struct OwnLeaves {
  private enum Place {
    case always(Path)
    /// The first number of its own and the distance to the next.
    case each(WideFolder, first: Int, step: Int)
  }

  private let place: Place
  private var number: Int

  /// A leaf of a tree, always the same; or in a folder every so many-th entry, so that no two writers
  /// have one in common, unless there are fewer entries than writers.
  ///
  /// - Parameter step: How many writers there are.
  init(_ plan: WorkerPlan, writer: Int, step: Int) {
    if let folder = plan.folder {
      number = writer % folder.entries
      place = .each(folder, first: number, step: step)
    } else {
      number = 0
      place = .always(Path(steps: plan.shape.leaf(writer)))
    }
  }

  mutating func next() -> Path {
    switch place {
    case .always(let path): return path
    case .each(let folder, let first, let step):
      defer {
        number += step
        if number >= folder.entries { number = first }
      }
      return folder.path(number)
    }
  }
}
