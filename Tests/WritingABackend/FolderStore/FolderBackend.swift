import Foundation
import Irminsul

/// A store in a folder: a file for each object, each link and each branch.
public struct FolderBackend: Backend {
  public let configuration: Configuration
  public let algorithm: HashAlgorithm
  public let objects: FolderObjects
  public let links: FolderLinks
  public let branches: FolderBranches
  private let place: Place

  public init(_ configuration: Configuration) throws {
    self.configuration = configuration
    let place = try Place(configuration.folder)
    self.place = place
    algorithm = try place.locked { try Self.agree(on: configuration.hash, place) }
    objects = FolderObjects(
      files: Files(place: place, subfolder: "objects"), algorithm: algorithm)
    links = FolderLinks(files: Files(place: place, subfolder: "links"))
    branches = FolderBranches(
      files: Files(place: place, subfolder: "branches"), lookingEvery: configuration.interval)
  }

  public var location: String { "folder \(configuration.folder.path)" }

  public func close() async {
    place.close()
    branches.watchers.close()
  }
}

extension FolderBackend {
  /// Where the store is, and how it is.
  public struct Configuration: Sendable {
    /// The folder, which is made if it is not there.
    public var folder: URL
    /// Which ids a store has that is made; nil: SHA-1. One that is there must have these.
    public var hash: HashAlgorithm?
    /// How often a watch looks for what other processes have changed.
    public var interval: Duration = .milliseconds(100)

    public init(folder: URL) { self.folder = folder }
  }

  /// The ids that the store has: the first who opens it decides.
  private static func agree(on asked: HashAlgorithm?, _ place: Place) throws -> HashAlgorithm {
    guard let bytes = try place.read("hash") else {
      let hash = asked ?? .sha1
      try place.write(Array(hash.rawValue.utf8), to: "hash")
      return hash
    }
    let text = String(decoding: bytes, as: UTF8.self)
    guard let found = HashAlgorithm(rawValue: text), asked == nil || asked == found else {
      throw StoreError.wrongHash(
        found: text, asked: (asked ?? .sha1).rawValue, in: place.folder.path)
    }
    return found
  }
}
