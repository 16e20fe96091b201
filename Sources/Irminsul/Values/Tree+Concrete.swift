import Foundation
import GitObjects
import RedisScripting

extension Tree {
  /// A whole tree as a plain value, with every value in it: for tests, fixtures and dumps.
  ///
  /// ```swift
  /// let tree = try Tree(["greetings": ["en": "hello", "de": "hallo"], "config/theme": "dark"])
  /// let dump = try await tree.concrete()
  /// ```
  ///
  /// Keys are paths. As JSON it is nested objects; a text is a string, and anything else an array of its mode, what
  /// comes, and that: `["100755", "text", "#!/bin/sh"]`, `["100644", "base64", "/wA="]`,
  /// `["160000", "commit", "4b82…"]`.
  ///
  /// Source: Irmin's `Tree.concrete`.
  public struct Concrete: Sendable, Hashable {
    /// What it is.
    public indirect enum Form: Sendable, Hashable {
      case value(Bytes, FileMode)
      /// The commit of another repository.
      case submodule(ObjectID)
      /// In the order of their paths.
      case directory([Member])
    }

    /// A path of one step or more, and what is there.
    public struct Member: Sendable, Hashable {
      public let path: Path
      public let tree: Concrete

      public init(_ path: Path, _ tree: Concrete) {
        self.path = path
        self.tree = tree
      }
    }

    public let form: Form

    private init(form: Form) {
      self.form = form
    }

    public static func value(_ bytes: Bytes, mode: FileMode = .blob) -> Concrete {
      Concrete(form: .value(bytes, mode))
    }

    public static func submodule(_ commit: ObjectID) -> Concrete {
      Concrete(form: .submodule(commit))
    }

    /// A directory, which is left out when it holds no value. Names that are there twice are found when it becomes
    /// a tree.
    public static func directory(_ members: [Member]) -> Concrete {
      Concrete(form: .directory(members.sorted { $0.path < $1.path }))
    }
  }

  /// Makes a tree in memory. Nothing is stored.
  ///
  /// - Throws: ``StoreError/badPath(_:reason:)`` for a name that is no name, is there twice, or stands for both a value
  ///   and a directory; ``StoreError/rootIsDirectory`` for a single value.
  public init(_ concrete: Concrete) throws(StoreError) {
    guard case .directory(let members) = concrete.form else { throw .rootIsDirectory }
    var builder = ConcreteBuilder()
    for member in members { try builder.add(member, below: .root) }
    self.init(root: builder.directory, objects: nil)
  }

  /// This tree as a plain value. All of it is read, as by ``walk(_:)``.
  ///
  /// - Parameter limit: The bytes of names, values and 100 for each entry, at most.
  /// - Throws: ``StoreError/treeLimit(_:)``.
  public func concrete(limit: Int = 64 << 20) async throws -> Concrete {
    var open: [[Concrete.Member]] = [[]]
    var size = 0
    for try await visit in walk(TreeWalkOptions(order: .name, values: .read)) {
      guard let name = visit.path.steps.last else { continue }
      let path = Path(steps: [name])
      size += visit.kind == .end ? 0 : name.count + 100 + (visit.value?.count ?? 0)
      guard size <= limit else {
        throw StoreError.treeLimit("it has more than \(limit) bytes")
      }
      switch visit.kind {
      case .directory: open.append([])
      case .end:
        let members = open.popLast() ?? []
        open[open.count - 1].append(.init(path, .directory(members)))
      case .contents:
        open[open.count - 1].append(
          .init(
            path,
            visit.value.map { .value($0, mode: visit.entry.mode) } ?? .submodule(visit.entry.id)))
      }
    }
    return .directory(open.first ?? [])
  }
}

/// Gathers what a concrete tree says, and refuses what it says twice.
private struct ConcreteBuilder {
  private indirect enum Node {
    case leaf(Directory.Child)
    case directory([Bytes: Node])
  }

  private var root: [Bytes: Node] = [:]

  mutating func add(_ member: Tree.Concrete.Member, below parent: Path) throws(StoreError) {
    let path = Path(steps: parent.steps + member.path.steps)
    try path.check()
    guard !member.path.isRoot else {
      throw .badPath(path, reason: "an entry of a concrete tree has no name")
    }
    let leaf: Directory.Child
    switch member.tree.form {
    case .directory(let members):
      for member in members { try add(member, below: path) }
      return
    case .submodule(let id): leaf = .entry(Entry(mode: .submodule, id: id))
    case .value(let bytes, let mode):
      try mode.checkBlob()
      leaf = .blob(mode, FramedObject(kind: .blob, content: bytes))
    }
    try Self.put(leaf, path.steps[...], in: &root, path)
  }

  private static func put(
    _ leaf: Directory.Child, _ steps: ArraySlice<Bytes>, in nodes: inout [Bytes: Node], _ path: Path
  ) throws(StoreError) {
    guard let step = steps.first else { return }
    let present = nodes.removeValue(forKey: step)
    if steps.count == 1 {
      switch present {
      case nil: nodes[step] = .leaf(leaf)
      case .leaf: throw .badPath(path, reason: "it is in the concrete tree twice")
      case .directory:
        throw .badPath(path, reason: "it is a value and a directory in the concrete tree")
      }
      return
    }
    var inner: [Bytes: Node]
    switch present {
    case nil: inner = [:]
    case .directory(let known): inner = known
    case .leaf:
      throw .badPath(
        Path(steps: Array(path.steps.dropLast(steps.count - 1))),
        reason: "it is a value and a directory in the concrete tree")
    }
    try put(leaf, steps.dropFirst(), in: &inner, path)
    nodes[step] = .directory(inner)
  }

  var directory: Directory { Self.directory(root) }

  private static func directory(_ nodes: [Bytes: Node]) -> Directory {
    Directory(
      edits: nodes.mapValues { node in
        switch node {
        case .leaf(let child): child
        case .directory(let inner): .directory(directory(inner))
        }
      })
  }
}

extension Tree.Concrete: ExpressibleByDictionaryLiteral, ExpressibleByStringLiteral {
  public init(dictionaryLiteral members: (Path, Tree.Concrete)...) {
    self = .directory(members.map { Member($0.0, $0.1) })
  }

  public init(stringLiteral text: String) {
    self = .value(Bytes(text.utf8))
  }
}

extension Tree.Concrete: Codable {
  private struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { return nil }
  }

  public init(from decoder: any Decoder) throws {
    if let container = try? decoder.singleValueContainer(),
      let text = try? container.decode(String.self)
    {
      self = .value(Bytes(text.utf8))
    } else if let parts = try? decoder.singleValueContainer().decode([String].self) {
      guard let leaf = Self.leaf(parts) else {
        throw DecodingError.dataCorrupted(
          .init(
            codingPath: decoder.codingPath,
            debugDescription: "an array must be a mode, text, base64 or commit, and that"))
      }
      self = leaf
    } else {
      let container = try decoder.container(keyedBy: Name.self)
      self = .directory(
        try container.allKeys.map { name in
          Member(
            Path(steps: [name.stringValue]), try container.decode(Self.self, forKey: name))
        })
    }
  }

  private static func leaf(_ parts: [String]) -> Tree.Concrete? {
    guard parts.count == 3, let bits = UInt32(parts[0], radix: 8) else { return nil }
    let mode = FileMode(rawValue: bits)
    switch parts[1] {
    case "text": return .value(Bytes(parts[2].utf8), mode: mode)
    case "base64": return Data(base64Encoded: parts[2]).map { .value(Bytes($0), mode: mode) }
    case "commit" where mode.isSubmodule: return ObjectID(hex: parts[2]).map { .submodule($0) }
    default: return nil
    }
  }

  /// - Throws: `EncodingError` for a name that is not UTF-8, or of which JSON would have two.
  public func encode(to encoder: any Encoder) throws {
    switch form {
    case .value(let bytes, let mode):
      var container = encoder.singleValueContainer()
      let text = String(validating: bytes, as: UTF8.self)
      switch (text, mode) {
      case (let text?, .blob): try container.encode(text)
      case (let text?, _): try container.encode(["\(mode)", "text", text])
      case (nil, _):
        try container.encode(["\(mode)", "base64", Data(bytes).base64EncodedString()])
      }
    case .submodule(let id):
      var container = encoder.singleValueContainer()
      try container.encode(["\(FileMode.submodule)", "commit", id.hex])
    case .directory(let members):
      var container = encoder.container(keyedBy: Name.self)
      var names: Set<String> = []
      for member in members {
        guard member.path.steps.count == 1,
          let name = String(validating: member.path.steps[0], as: UTF8.self),
          names.insert(name).inserted
        else {
          throw EncodingError.invalidValue(
            member.path,
            .init(
              codingPath: encoder.codingPath,
              debugDescription: "\"\(member.path)\" is not one name of its own in UTF-8"))
        }
        try container.encode(member.tree, forKey: Name(stringValue: name))
      }
    }
  }
}
