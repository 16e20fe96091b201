import ArgumentParser
import Irminsul

struct VerifyCommand: EndsInOrder {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Check every object, link and ref of the store.",
    discussion: """
      Each fault is told on a line of its own; the exit code is 1 when there is any.

      Example: irminsul verify --store redis://127.0.0.1:6379

      JSON keys: fault, subject and reason for each fault; at the end objects, bytes, refs, faults, \
      incompleteObjects (that an unfinished import has left; no fault).
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var output: OutputOptions

  private struct FaultFacts: Encodable {
    let fault: String
    let subject: String
    let reason: String
  }

  func run() async throws {
    let bar = ProgressBar()
    defer { bar.finish() }
    let faults = try await store.withRepository(.read) { store in
      let isJSON = output.isJSON
      let printing = FaultPrinter { fault in
        bar.finish()
        if isJSON {
          try JSONLine.print(
            FaultFacts(fault: fault.kind, subject: "\(fault.subject)", reason: fault.reason))
        } else {
          try StandardOutput.line("\(Style.output(.red, "fault")): \(fault)")
        }
      }
      let summary = try await store.verify(
        progress: { bar.show($0) }, fault: { printing.take($0) })
      bar.finish()
      try printing.finish()
      if output.isJSON {
        try JSONLine.print(summary)
      } else {
        try StandardOutput.line(
          "verified \(NumberText.count(summary.objects, "object")) "
            + "(\(NumberText.size(summary.bytes))) and \(NumberText.count(summary.refs, "ref")): "
            + (summary.faults == 0 ? "no faults" : NumberText.count(summary.faults, "fault")))
        if summary.incompleteObjects > 0 {
          try StandardOutput.line(
            "\(NumberText.count(summary.incompleteObjects, "object")) that no ref reaches "
              + "lack others: an import was interrupted, or is at work")
        }
      }
      return summary.faults
    }
    if faults > 0 { throw Failure(.refused, "") }
  }
}
