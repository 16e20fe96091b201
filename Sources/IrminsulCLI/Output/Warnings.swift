import Logging

/// Warnings of the library, on standard error, one line each.
struct Warnings: LogHandler {
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.warning

  static let logger = Logger(label: "irminsul") { _ in Warnings() }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    StandardError.line("irminsul: warning: \(event.message)")
  }
}
