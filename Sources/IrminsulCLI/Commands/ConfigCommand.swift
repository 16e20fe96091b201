import ArgumentParser
import Irminsul

/// Settings of the store.
struct ConfigCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config", abstract: "See and change the store's settings, for all of its writers.",
    discussion: """
      \(Setting.all.map { "\($0.name): \($0.summary)" }.joined(separator: "\n"))

      What begins with retention, but for retention.tags, can be set for some branches alone:
      retention.release/*.commits

      Example: irminsul config set receive.protected 'main release/*'
      """,
    subcommands: [
      ConfigGetCommand.self, ConfigSetCommand.self, ConfigUnsetCommand.self, ConfigListCommand.self,
    ])

  /// A setting as it is printed.
  struct Facts: Encodable {
    let name: String
    let value: String
    let isSet: Bool
    let kind: String
    let summary: String

    init(_ setting: Setting, _ settings: StoreSettings) {
      name = setting.name
      value = settings[setting]
      isSet = settings.value(of: setting) != nil
      kind = setting.kind.rawValue
      summary = setting.summary
    }
  }
}

struct ConfigGetCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "get", abstract: "Print what a setting is.",
    discussion: """
      Example: irminsul config get head

      JSON keys: name, value, isSet (else it is what is usual), kind (flag, branch, refs, count, \
      commits, size), summary.
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var output: OutputOptions

  @Argument(help: "The setting's name.")
  var name: String

  func run() async throws {
    let setting = try Setting.named(name)
    try await store.withRepository(.read) { repository in
      let settings = try await repository.settings()
      if output.isJSON { return try JSONLine.print(ConfigCommand.Facts(setting, settings)) }
      try StandardOutput.line(settings[setting])
    }
  }
}

struct ConfigSetCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "set", abstract: "Change a setting.",
    usage: "irminsul config set [--store <url>] <name> <value>",
    discussion: "Example: irminsul config set receive.denyNonFastForwards true")

  @OptionGroup var store: StoreOptions

  @Argument(help: "The setting's name.")
  var name: String

  // Also "-1" is a value, of which is told what is wrong with it.
  @Argument(
    parsing: .allUnrecognized, help: ArgumentHelp("What it is to be.", valueName: "value"))
  var value: [String]

  mutating func validate() throws {
    if value.first == "--" { value.removeFirst() }
    if let option = value.first(where: { $0.hasPrefix("--") }) {
      throw ValidationError("unknown option \"\(option)\"")
    }
    if value.isEmpty { throw ValidationError("a value is missing") }
    if value.count > 1 { throw ValidationError("one value is expected: put it in quotes") }
  }

  func run() async throws {
    let setting = try Setting.named(name)
    let value = value.joined()
    try await store.withRepository(.read) { repository in
      let value = try await repository.set(setting, to: value)
      try StandardOutput.line("\(setting.name) is \(value ?? "not set")")
    }
  }
}

struct ConfigUnsetCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unset", abstract: "Take a setting away: what is usual holds again.",
    discussion: "Example: irminsul config unset receive.protected")

  @OptionGroup var store: StoreOptions

  @Argument(help: "The setting's name.")
  var name: String

  func run() async throws {
    let setting = try Setting.named(name)
    try await store.withRepository(.read) { repository in
      _ = try await repository.set(setting, to: nil)
      try StandardOutput.line("\(setting.name) is not set")
    }
  }
}

struct ConfigListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Print every setting and what it is.",
    discussion: """
      Example: irminsul config list --json

      JSON keys, a line for each setting: name, value, isSet (else it is what is usual), kind (flag, \
      branch, refs, count, commits, size), summary.
      """)

  @OptionGroup var store: StoreOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    try await store.withRepository(.read) { repository in
      let settings = try await repository.settings()
      let some = settings.all.filter { !Setting.all.contains($0) }
      func note(_ setting: Setting, _ settings: StoreSettings) -> String {
        if settings.value(of: setting) != nil { return "" }
        return setting.standard.isEmpty ? " (not set)" : "  (usual)"
      }
      for setting in Setting.all + some {
        if output.isJSON {
          try JSONLine.print(ConfigCommand.Facts(setting, settings))
        } else {
          try StandardOutput.line(
            "\(setting.name)=\(settings[setting])"
              + Style.output(.faint, note(setting, settings)))
        }
      }
    }
  }
}
