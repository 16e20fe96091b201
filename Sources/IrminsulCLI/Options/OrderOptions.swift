import ArgumentParser
import Irminsul

/// The order of commits, by git's names.
struct OrderOptions: ParsableArguments {
  enum Order: String, ExpressibleByArgument, CaseIterable {
    case date
    case topo
    case dateTopo = "date-topo"
  }

  @Option(
    help: ArgumentHelp(
      "date: newest first; topo: each line of history together, no parent before a child; "
        + "date-topo: newest first, no parent before a child.", valueName: "order"))
  var order: Order?

  @Flag(help: "The same as --order topo.")
  var topoOrder = false

  @Flag(help: "The same as --order date-topo.")
  var dateOrder = false

  func validate() throws {
    if [order != nil, topoOrder, dateOrder].count(where: { $0 }) > 1 {
      throw ValidationError("give one order")
    }
  }

  func commitOrder(otherwise standard: CommitOrder) -> CommitOrder {
    if topoOrder { return .topological }
    if dateOrder { return .topologicalByDate }
    switch order {
    case .date: return .date
    case .topo: return .topological
    case .dateTopo: return .topologicalByDate
    case nil: return standard
    }
  }
}
