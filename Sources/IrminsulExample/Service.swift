import Irminsul

/// One service that all sites run, as it is configured.
struct Service: Codable, Contents, Equatable {
  var address: String
  var isEnabled = true
  var tags: Set<String> = []

  /// Two sites may change different members of one service, and both may tag it.
  static let merge = Merge<Service>.members(
    .init(\.address, .idempotent), .init(\.isEnabled, .idempotent), .init(\.tags, .set()))
}
