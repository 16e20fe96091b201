import ArgumentParser
import Foundation
import Irminsul

/// Who makes a commit, and why.
struct CommitOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Who makes the commit (default: environment, then git's config).",
      valueName: "Name <email>"))
  var author: String?

  @Option(
    name: [.long, .customShort("m")],
    help: ArgumentHelp("The commit's message (default: says what is done).", valueName: "text"))
  var message: String?

  func validate() throws {
    if let author, AuthorSource.person(author) == nil {
      throw ValidationError("--author must be of the form \"Name <email>\"")
    }
  }

  func info(_ defaultMessage: String) -> Info {
    Info(
      message ?? defaultMessage,
      author: AuthorSource.author(flag: author, ProcessInfo.processInfo.environment))
  }
}

/// Where an author's name and email come from: each from the first place that has it.
enum AuthorSource {
  /// Reads `Name <email>`.
  static func person(_ text: String) -> Person? {
    guard let open = text.firstIndex(of: "<"), text.last == ">",
      text.count(where: { $0 == ">" }) == 1
    else { return nil }
    let name = text[..<open].trimmingCharacters(in: .whitespaces)
    return name.isEmpty
      ? nil : Person(name, String(text[text.index(after: open)...].dropLast()))
  }

  static func author(flag: String?, _ environment: [String: String]) -> Person? {
    if let flag { return person(flag) }
    func variable(_ part: String) -> String? {
      for prefix in ["IRMINSUL", "GIT"] {
        if let value = environment["\(prefix)_AUTHOR_\(part)"], !value.isEmpty { return value }
      }
      return nil
    }
    var (name, email) = (variable("NAME"), variable("EMAIL"))
    if name == nil || email == nil {
      let configured = gitConfiguration()
      name = name ?? configured["user.name"]
      email = email ?? configured["user.email"]
    }
    if name == nil, email == nil { return nil }
    let user = environment["USER"] ?? "irminsul"
    return Person(name ?? user, email ?? "\(user)@localhost")
  }

  /// `user.name` and `user.email` of git's config here; empty where there is no git.
  private static func gitConfiguration() -> [String: String] {
    guard
      let output = try? ChildProcess.output(
        of: "git", ["config", "--null", "--get-regexp", "^user\\.(name|email)$"])
    else { return [:] }
    var values: [String: String] = [:]
    for item in output.split(separator: 0) {
      let parts = item.split(separator: UInt8(ascii: "\n"), maxSplits: 1)
      if parts.count == 2 {
        values[String(decoding: parts[0], as: UTF8.self)] = String(
          decoding: parts[1], as: UTF8.self)
      }
    }
    return values
  }
}
