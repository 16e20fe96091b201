import Foundation
import Irminsul

/// A key, as the name of a file.
public protocol FileName: Hashable, Sendable {
  var fileName: String { get }
  init?(fileName: String)
}

/// A value, as the bytes of a file.
public protocol FileContent: Sendable {
  var fileBytes: [UInt8] { get }
  init?(fileBytes: [UInt8])
}

extension ObjectID: FileName, FileContent {
  public var fileName: String { hex }
  public init?(fileName: String) { self.init(hex: fileName) }

  public var fileBytes: [UInt8] { Array(hex.utf8) }
  public init?(fileBytes: [UInt8]) { self.init(hexDigits: fileBytes) }
}

extension FramedObject: FileContent {
  public var fileBytes: [UInt8] { bytes }
  public init?(fileBytes: [UInt8]) { try? self.init(framed: fileBytes) }
}

extension String: FileName {
  private static let plain = CharacterSet(charactersIn: "abcdefghijklmnopqrstuvwxyz0123456789-_")

  /// Branches have slashes in them, and some disks take `a` and `A` for one name.
  public var fileName: String {
    addingPercentEncoding(withAllowedCharacters: Self.plain) ?? ""
  }

  public init?(fileName: String) {
    guard let key = fileName.removingPercentEncoding, key.fileName == fileName else { return nil }
    self = key
  }
}

/// A file that holds what no value is written as.
struct UnreadableFile: Error, CustomStringConvertible {
  let path: String
  var description: String { "\(path) holds no value that this store has written" }
}

/// A file for each key, in one subfolder: what all three layers are made of.
public struct Files<Key: FileName, Value: FileContent>: ReadOnlyStore {
  let place: Place
  let subfolder: String

  public func mem(_ key: Key) async throws -> Bool { try value(of: key) != nil }

  public func find(_ key: Key) async throws -> Value? { try value(of: key) }

  func value(of key: Key) throws -> Value? {
    guard let bytes = try place.read(path(key)) else { return nil }
    guard let value = Value(fileBytes: bytes) else { throw UnreadableFile(path: path(key)) }
    return value
  }

  func put(_ value: Value, under key: Key) throws {
    try place.write(value.fileBytes, to: path(key))
  }

  func path(_ key: Key) -> String { "\(subfolder)/\(key.fileName)" }
}

/// Objects: what is added decides about its key.
public struct FolderObjects: ContentAddressedStore {
  let files: Files<ObjectID, FramedObject>
  let algorithm: HashAlgorithm

  public func mem(_ key: ObjectID) async throws -> Bool { try await files.mem(key) }
  public func find(_ key: ObjectID) async throws -> FramedObject? { try await files.find(key) }

  public func add(_ value: FramedObject) async throws -> ObjectID {
    let id = value.id(algorithm)
    if try files.value(of: id) == nil { try files.put(value, under: id) }
    return id
  }
}

/// Links: the caller decides about both.
public struct FolderLinks: LinkStore {
  let files: Files<ObjectID, ObjectID>

  public func mem(_ key: ObjectID) async throws -> Bool { try await files.mem(key) }
  public func find(_ key: ObjectID) async throws -> ObjectID? { try await files.find(key) }

  public func add(_ index: ObjectID, _ key: ObjectID) async throws {
    try files.put(key, under: index)
  }
}
