import Irminsul
import Testing

/// The code of the page "Proofs".
@Suite struct ProofsGuide {
  @Test func provesAPath() async throws {
    let repository = try await Repository.open("memory:")
    let main = repository.branch()
    try await main.set("users/ada/email", to: "ada@example.org", "Add Ada")
    let commit = try #require(try await main.head())
    let proof = try await repository.proof(of: "users/ada/email", in: commit.id)
    let received = try PathProof(decoding: proof.encoded())
    let finding = try received.verify(root: commit.id, path: "users/ada/email")
    guard case .present = finding else {
      Issue.record("\(finding)")
      return
    }
    await repository.close()
  }
}
