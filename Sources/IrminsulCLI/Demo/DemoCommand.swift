import ArgumentParser

struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo", abstract: "Show what a store does, in a fresh temporary folder.")
  @OptionGroup var store: StoreOptions
  func run() async throws {}
}
