import ArgumentParser
import Foundation
import Irminsul
import ScriptTool

/// Why a command ends without having done what it was asked: a code for programs, and one to three
/// lines for people.
struct Failure: Error {
  /// What the process ends with, as `irminsul --help` documents it.
  enum Status: Int32 {
    case done = 0
    case refused = 1
    case usage = 64
    case unreachable = 69
    case bug = 70
    case io = 74
  }

  let status: Status
  /// Lines without `irminsul:` before them; empty when there is nothing to say.
  let text: String
  /// Text that was asked for, such as help, goes to standard output.
  private var isAnswer = false
  private var isBrokenPipe = false

  init(_ status: Status, _ text: String) {
    self.status = status
    self.text = text
  }

  /// What any error means for the process.
  init(_ error: any Error) {
    switch error {
    case let failure as Failure: self = failure
    case let error as OutputError:
      self.init(
        .io, "cannot write to standard output: \(SystemReason.text(of: error.code))")
      isBrokenPipe = error.isBrokenPipe
    case let error as StoreError: self.init(Self.status(of: error), Self.text(of: error))
    case let error as HostError: self.init(Self.status(of: error), error.description)
    case let error as ScriptToolError:
      self.init(Self.status(of: error), error.description)
    case let error as GitError: self.init(Self.status(of: error), error.description)
    case is CancellationError: self.init(.refused, "interrupted")
    default: self.init(parsing: error)
    }
  }

  /// Errors of the parser of arguments, and everything that nobody has foreseen.
  private init(parsing error: any Error) {
    switch IrminsulCommand.exitCode(for: error) {
    case .success:
      self.init(.done, IrminsulCommand.fullMessage(for: error))
      isAnswer = true
    case .validationFailure:
      let lines = IrminsulCommand.fullMessage(for: error).split(separator: "\n")
        .filter { !$0.hasPrefix("Help:") && !$0.hasPrefix("       ") }
      let text = lines.joined(separator: "\n")
      self.init(.usage, text.hasPrefix("Error: ") ? String(text.dropFirst(7)) : text)
    default:
      let error = error as NSError
      if error.domain == NSCocoaErrorDomain || error.domain == NSPOSIXErrorDomain {
        self.init(.io, SystemReason.text(of: error))
      } else {
        self.init(.bug, "unexpected error: \(error)\nThis is a bug of irminsul: please report it.")
      }
    }
  }

  /// Says what there is to say and ends the process.
  func exit() -> Never {
    if isAnswer {
      do {
        try StandardOutput.line(text)
        try StandardOutput.flush()
      } catch {
        Failure(error).exit()
      }
      Foundation.exit(status.rawValue)
    }
    if isBrokenPipe {
      // As any program that a closed pipe ends, and as quietly.
      signal(SIGPIPE, SIG_DFL)
      raise(SIGPIPE)
    }
    // What was printed before the failure is a part of the answer.
    try? StandardOutput.flush()
    if !text.isEmpty {
      let lines = text.split(separator: "\n").prefix(3)
      StandardError.line("irminsul: " + lines.joined(separator: "\n"))
    }
    Foundation.exit(status.rawValue)
  }
}

extension Failure {
  /// The library's words, and a line that says what to do where they have none: the library knows no
  /// commands.
  private static func text(of error: StoreError) -> String {
    let text = error.description
    guard !text.contains("\n"), let remedy = remedy(for: error) else { return text }
    return "\(text)\n\(remedy)"
  }

  private static func remedy(for error: StoreError) -> String? {
    switch error {
    case .badPath: "A path is names with \"/\" between them, such as config/theme."
    case .badBranchName: "A branch's name follows the rules of git check-ref-format."
    case .notFound: "See what is there with `irminsul ls` or `irminsul tree`."
    case .noSuchBranch: "See the branches with `irminsul branch`."
    case .noSuchObject("HEAD", _):
      "The branch that HEAD names has no commit yet: see `irminsul branch`."
    case .noSuchObject(let text, _) where text.contains(":"):
      "A REV is asked for; `irminsul cat` takes REV:PATH."
    case .noSuchObject:
      "See the branches with `irminsul branch`, and commits with `irminsul log`."
    case .notACommit: "Give a commit, or a branch or a tag that leads to one."
    case .branchExists: "Give another name, or delete that one with `irminsul branch --delete`."
    case .branchNameClash: "Give another name."
    case .tagExists: "Give another name, or move it with --force."
    case .noSuchTag: "See the tags with `irminsul tag`."
    case .badTagName: "A tag's name follows the rules of git check-ref-format."
    case .storeAbsent: "Make it with `irminsul init` or the first `irminsul set`."
    case .wrongHash: "Leave the choice of ids out, or name another store."
    default: nil
    }
  }

  static func status(of error: StoreError) -> Status {
    switch error {
    case .host(let error): status(of: error)
    case .git(let error): status(of: error)
    case .slice(let error): status(of: error)
    case .badPath, .badBranchName, .badTagName, .badStoreName, .badURL, .badSetting,
      .rootIsDirectory:
      .usage
    case .notFound, .noSuchBranch, .noSuchObject, .ambiguous, .branchExists, .branchNameClash,
      .conflict, .testFailed, .headMoved, .undecodable, .unencodable, .wrongKind, .notACommit,
      .storeAbsent, .storeDeleted, .storeReplaced, .unknownFormat, .wrongHash, .wrongLayout,
      .logTrimmed,
      .commitRemoved, .tokenReused, .leaseExpired, .tooManyAttempts, .mergeConflicts,
      .unrelatedHistories,
      .historyLimit, .historyCut,
      .notFastForward, .unsupported, .tagExists, .noSuchTag, .mergeWithoutMainline, .badProof,
      .notInProof, .treeLimit, .denied, .quotaExceeded:
      .refused
    case .outcomeUnknown: .unreachable
    case .missingObject, .damagedObject, .damagedStore, .file: .io
    case .unexpectedReply: .bug
    }
  }

  private static func status(of error: ScriptToolError) -> Status {
    switch error {
    case .unreadable: .io
    case .badInclude, .syntax, .badSeed, .noSpecs, .databaseNotEmpty, .specsFail: .refused
    case .host(let error): status(of: error)
    }
  }

  static func status(of error: HostError) -> Status {
    switch error {
    case .unreachable, .notSent, .answerLost, .notRedis: .unreachable
    case .refused(_, _, let error): status(of: error)
    case .unsuitable, .tooLarge: .refused
    case .storage: .io
    case .invalidConfiguration: .usage
    case .closed: .bug
    }
  }

  private static func status(of error: ServerError) -> Status {
    switch error.code {
    // The server is there, but not at anybody's service now.
    case "LOADING", "BUSY", "MASTERDOWN", "CLUSTERDOWN": .unreachable
    default: .refused
    }
  }

  private static func status(of error: SliceError) -> Status {
    switch error {
    case .needs, .incomplete, .unknownVersion: .refused
    case .file, .notASlice, .truncated, .damaged: .io
    }
  }

  private static func status(of error: GitError) -> Status {
    switch error {
    case .absent: .unreachable
    case .failed, .cannotWrite, .incomplete: .io
    case .unexpectedOutput: .bug
    default: .refused
    }
  }
}
