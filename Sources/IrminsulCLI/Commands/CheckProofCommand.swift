import ArgumentParser
import Irminsul

struct CheckProofCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check-proof", abstract: "Check a proof and print what it shows.",
    discussion: """
      No store is needed. A proof shows what is at a path of a commit or tree; that this is the right one, only you \
      know: give its id with --root, and the path with --path, and the proof must be of them. Without them, look at \
      what it says. A proof that does not hold ends with exit code 1; one that shows that nothing is there holds.

      Example: irminsul check-proof email.proof --root 3f1c… --path users/ada/email

      JSON keys: root, path, found, mode, id, value or base64 (if the proof has it), size, objects; pathBase64 for a \
      path that is not UTF-8.
      """)

  @OptionGroup var output: OutputOptions

  @Option(
    help: ArgumentHelp("The commit or tree that it must be about, all digits.", valueName: "id"))
  var root: String?

  @Option(
    name: .customLong("path"), help: ArgumentHelp("The path it must be of.", valueName: "path"))
  var wantedPath: String?

  @Argument(help: "The proof; - is standard input.")
  var file: String

  func validate() throws {
    if let root, ObjectID(hex: root) == nil {
      throw ValidationError("--root takes an id of 40 or 64 hexadecimal digits")
    }
  }

  func run() async throws {
    let path = try wantedPath.map { try Path(reading: $0) }
    let value = file == "-" ? try ValueInput.standardInput() : try ValueInput.file(file)
    defer { value.discard() }
    let bytes = try value.bytes()
    let proof = try PathProof(decoding: bytes)
    _ = try proof.verify(
      root: root.flatMap { ObjectID(hex: $0) } ?? proof.root, path: path ?? proof.path)
    if output.isJSON {
      return try JSONLine.print(ProofFacts(proof, size: bytes.count))
    }
    try StandardOutput.line(ProofFacts.sentence(proof))
    if root == nil {
      try StandardOutput.line("It holds if that is the id you trust: give it with --root.")
    }
  }
}
