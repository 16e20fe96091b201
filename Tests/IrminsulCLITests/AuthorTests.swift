import IrminsulTestKit
import Testing

/// Who a commit is by: flag, then the environment, then Git's configuration, for name and email each.
@Suite struct AuthorTests {
  private func author(
    _ arguments: [String] = [], _ environment: [String: String] = [:], in sandbox: Sandbox
  ) async throws -> String {
    let number = UInt32.random(in: 0 ... .max)
    expectDone(
      try await sandbox.irminsul(["set", "n=\(number)"] + arguments, environment: environment))
    let commit = try await sandbox.irminsul("cat", "HEAD").lines
    let line = try #require(commit.first { $0.hasPrefix("author ") })
    #expect(commit.contains(line.replacing("author ", with: "committer ")))
    return line.dropFirst("author ".count).split(separator: " ").dropLast(2).joined(separator: " ")
  }

  @Test func eachPlaceBeforeTheNext() async throws {
    let sandbox = try Sandbox()
    #expect(try await author(in: sandbox) == "Irminsul <irminsul@localhost>")
    try sandbox.write(
      "[user]\nname = Conf\nemail = conf@example.org\n".utf8, to: "../home/.gitconfig")
    #expect(try await author(in: sandbox) == "Conf <conf@example.org>")
    var environment = ["GIT_AUTHOR_NAME": "Git", "GIT_AUTHOR_EMAIL": "git@example.org"]
    #expect(try await author([], environment, in: sandbox) == "Git <git@example.org>")
    environment["IRMINSUL_AUTHOR_NAME"] = "Own"
    #expect(try await author([], environment, in: sandbox) == "Own <git@example.org>")
    environment["IRMINSUL_AUTHOR_EMAIL"] = "own@example.org"
    #expect(try await author([], environment, in: sandbox) == "Own <own@example.org>")
    let flag = ["--author", "Fl Ag <flag@example.org>"]
    #expect(try await author(flag, environment, in: sandbox) == "Fl Ag <flag@example.org>")
  }

  @Test func whatIsEmptyDoesNotCount() async throws {
    let sandbox = try Sandbox()
    let environment = ["IRMINSUL_AUTHOR_NAME": "", "GIT_AUTHOR_NAME": "Git", "USER": "me"]
    #expect(try await author([], environment, in: sandbox) == "Git <me@localhost>")
  }

  @Test func theConfigurationOfTheRepositoryAround() async throws {
    let sandbox = try Sandbox()
    let git = GitFixture(at: sandbox.work)
    try git.run("init", "-q")
    try git.run("config", "user.name", "Here")
    try git.run("config", "user.email", "here@example.org")
    #expect(try await author(in: sandbox) == "Here <here@example.org>")
  }

  @Test(arguments: ["", "Name", "<mail>", "Name <mail", "A <b> <c>"])
  func aFlagOfAnotherFormIsRefused(text: String) async throws {
    let sandbox = try Sandbox()
    let transcript = try await sandbox.irminsul("set", "a=1", "--author", text)
    expectRefusal(transcript, .usage, "--author must be of the form \"Name <email>\"")
    #expect(try sandbox.names() == [])
  }
}
