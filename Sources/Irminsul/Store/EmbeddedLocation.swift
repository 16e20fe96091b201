import EmbeddedRedis
import GitObjects
import RedisScripting

/// A `memory:` or `file:PATH` URL, taken apart.
struct EmbeddedLocation {
  /// nil for memory.
  let path: String?
  let name: String?
  let hash: HashAlgorithm?
  let layout: DirectoryLayout?
  private let durability: EmbeddedConfiguration.Durability?

  init(_ url: String) throws(StoreError) {
    let parts = url.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    var rest = parts[0]
    if rest.hasPrefix("file:") {
      rest = rest.dropFirst("file:".count)
      if rest.hasPrefix("//") {
        // file:///absolute/path has an empty host.
        rest = rest.dropFirst(2)
        guard rest.hasPrefix("/") else {
          throw .badURL(url, reason: "file: URLs have no host: write file:PATH or file:///PATH")
        }
      }
      guard let decoded = String(rest).removingPercentEncoding, !decoded.isEmpty else {
        throw .badURL(url, reason: "the path is missing or not percent-encoded rightly")
      }
      path = decoded
    } else {
      guard rest == "memory:" else { throw .badURL(url, reason: "memory: has no path") }
      path = nil
    }
    var name: String?
    var hash: HashAlgorithm?
    var layout: DirectoryLayout?
    var durability: EmbeddedConfiguration.Durability?
    for item in parts.count > 1 ? parts[1].split(separator: "&") : [] {
      let pair = item.split(separator: "=", maxSplits: 1).map(String.init)
      let value = pair.count == 2 ? pair[1].removingPercentEncoding ?? pair[1] : ""
      switch pair[0] {
      case "name": name = value
      case "hash": hash = try Repository.parseHash(value, url: url)
      case "layout": layout = try Repository.parseLayout(value, url: url)
      case "durability" where value == "full": durability = .full
      case "durability" where value == "normal": durability = .normal
      default:
        throw .badURL(
          url, reason: "unknown option \"\(item)\": use name, hash, layout or durability")
      }
    }
    (self.name, self.hash, self.layout, self.durability) = (name, hash, layout, durability)
  }

  func configuration(creation: Repository.Creation) -> EmbeddedConfiguration {
    var configuration = EmbeddedConfiguration(
      storage: path.map {
        .file(path: $0, creation == .ifAbsent ? .createIfMissing : .mustExist)
      } ?? .memory)
    if let durability { configuration.durability = durability }
    return configuration
  }
}
