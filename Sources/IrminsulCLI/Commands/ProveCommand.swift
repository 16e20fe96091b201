import ArgumentParser
import Foundation
import Irminsul

struct ProveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prove", abstract: "Write a proof of what is at a path, or that nothing is.",
    discussion: """
      Whoever knows the id of the commit can check it with `irminsul check-proof`, without the store. The \
      proof goes to standard output, unless there is --output.

      Example: irminsul prove users/ada/email --output email.proof

      JSON keys: root, path, found, and mode, id for what is there; size, objects (of the proof); output, or proof \
      in base64; pathBase64 for a path that is not UTF-8.
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var read: ReadOptions
  @OptionGroup var output: OutputOptions

  @Option(
    name: [.customLong("output"), .customShort("o")],
    help: ArgumentHelp("Write the proof to a file, in place of what it is.", valueName: "file"))
  var file: String?

  @Flag(help: "Begin with the id of the tree, and leave the commit out.")
  var tree = false

  @Flag(name: .customLong("no-value"), help: "Leave the bytes of the value out; its id stays.")
  var omitsValue = false

  @Argument(help: "The path (nothing need be there).")
  var path: String

  func run() async throws {
    try read.branch.check()
    let path = try Path(reading: path)
    let proof = try await store.withRepository(.read) { repository in
      try await repository.proof(
        of: path, in: try await root(in: repository), value: omitsValue ? .omitted : .included)
    }
    let bytes = proof.encoded()
    if let file {
      do {
        try Data(bytes).write(to: URL(filePath: file), options: .atomic)
      } catch {
        throw Failure(
          .io, "cannot write \"\(file)\": \(SystemReason.text(of: error as NSError))")
      }
    }
    if output.isJSON {
      try JSONLine.print(
        ProofFacts(proof, size: bytes.count, output: file, proof: file == nil ? bytes : nil))
    } else if file != nil {
      try StandardOutput.line(
        "\(ProofFacts.sentence(proof))\nproved by \(NumberText.count(bytes.count, "byte"))")
    } else if Style.output.isTerminal {
      throw Failure(
        .refused, "a proof is bytes that a terminal cannot show\nWrite it to a file with --output.")
    } else {
      try StandardOutput.write(bytes)
    }
  }

  /// What the proof begins with.
  private func root(in repository: Repository) async throws -> ObjectID {
    let commit: Commit
    if let revision = read.revision {
      if let (head, folder) = RevisionPath.divide(revision) {
        let entry = try await repository.resolveEntry(head, path: folder)
        guard entry.mode.isTree else {
          throw Failure(.refused, "\"\(revision)\" is no folder\nProve its path instead.")
        }
        return entry.id
      }
      let id = try await repository.resolve(ArgumentText.shown(revision))
      if try await repository.object(id)?.kind == .tree { return id }
      commit = try await repository.resolveCommit(ArgumentText.shown(revision))
    } else {
      let branch = try await read.branch.branch(of: repository)
      guard let head = try await branch.head() else {
        throw try await BranchOption.absence(of: branch)
      }
      commit = head
    }
    return tree ? commit.tree : commit.id
  }
}
