import ArgumentParser

@main struct IrminsulCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "irminsul")
}
