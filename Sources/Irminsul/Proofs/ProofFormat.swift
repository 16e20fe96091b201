import GitObjects
import RedisScripting

/// The bytes that every written proof has around its own: what it is at the start, a checksum at the end.
/// The article <doc:Proofs> says what stands where.
enum ProofFormat {
  /// What is proved; the raw value is the byte that says so.
  enum Kind: UInt8 {
    case path = 1
    case computation = 2
  }

  private static let magic = Bytes("irmproof".utf8)
  private static let version: UInt8 = 1

  private static func byte(of algorithm: HashAlgorithm) -> UInt8 {
    switch algorithm {
    case .sha1: 1
    case .sha256: 2
    }
  }

  static func byte(of layout: DirectoryLayout) -> UInt8 {
    switch layout {
    case .git: 1
    case .wide: 2
    }
  }

  /// Makes the written form of a proof.
  struct Writer {
    private var bytes: Bytes
    private let algorithm: HashAlgorithm

    init(_ kind: Kind, _ algorithm: HashAlgorithm) {
      bytes = magic + [version, kind.rawValue, byte(of: algorithm)]
      self.algorithm = algorithm
    }

    mutating func add(_ byte: UInt8) { bytes.append(byte) }

    mutating func add(_ id: ObjectID) { bytes += id.bytes }

    mutating func add(count: Int) {
      for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: count >> shift)) }
    }

    mutating func add(_ field: some Collection<UInt8>) {
      add(count: field.count)
      bytes += field
    }

    consuming func finish() -> Bytes {
      let checksum = ObjectID(hashing: bytes, algorithm: algorithm)
      return bytes + checksum.bytes
    }
  }

  /// Takes the written form of a proof apart. No length is believed before so many bytes are there.
  struct Reader {
    let algorithm: HashAlgorithm
    private var rest: ArraySlice<UInt8>

    /// - Throws: ``StoreError/badProof(_:)`` for what is no proof of the kind, or not as it was written.
    init(_ bytes: Bytes, _ kind: Kind) throws(StoreError) {
      let start = magic.count
      guard bytes.count > start + 3, bytes.starts(with: magic) else {
        throw .badProof("it does not begin as a proof does")
      }
      guard bytes[start] == version else {
        throw .badProof("it has version \(bytes[start]), and \(version) is known here")
      }
      guard
        let algorithm = HashAlgorithm.allCases.first(where: { byte(of: $0) == bytes[start + 2] })
      else { throw .badProof("it has ids of an unknown hash") }
      let end = bytes.count - algorithm.byteCount
      guard end >= start + 3,
        ObjectID(hashing: bytes[..<end], algorithm: algorithm).bytes.elementsEqual(bytes[end...])
      else { throw .badProof("its bytes are not those that its checksum is of") }
      guard bytes[start + 1] == kind.rawValue else {
        throw .badProof("it is a proof of another kind")
      }
      self.algorithm = algorithm
      rest = bytes[(start + 3)..<end]
    }

    var isAtEnd: Bool { rest.isEmpty }

    private mutating func take(_ count: Int) throws(StoreError) -> ArraySlice<UInt8> {
      guard count <= rest.count else { throw .badProof("it ends too early") }
      defer { rest = rest.dropFirst(count) }
      return rest.prefix(count)
    }

    mutating func layout() throws(StoreError) -> DirectoryLayout {
      let found = try take(1).first
      guard let layout = DirectoryLayout.allCases.first(where: { byte(of: $0) == found }) else {
        throw .badProof("it has directories of an unknown layout")
      }
      return layout
    }

    mutating func id() throws(StoreError) -> ObjectID {
      guard let id = ObjectID(bytes: try take(algorithm.byteCount)) else {
        throw .badProof("it ends too early")
      }
      return id
    }

    mutating func count() throws(StoreError) -> Int {
      try take(4).reduce(0) { $0 << 8 | Int($1) }
    }

    mutating func field() throws(StoreError) -> Bytes { Bytes(try take(try count())) }

    mutating func object() throws(StoreError) -> FramedObject {
      do {
        return try FramedObject(framed: try field())
      } catch let error as StoreError {
        throw error
      } catch {
        throw .badProof("\(error)")
      }
    }
  }
}
