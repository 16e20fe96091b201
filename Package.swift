// swift-tools-version: 6.1
import PackageDescription

// Debian's hiredis.pc carries a flag that SwiftPM warns about, and its headers need no search path.
#if os(Linux)
  let hiredisPkgConfig: String? = nil
#else
  let hiredisPkgConfig: String? = "hiredis"
#endif

let package = Package(
  name: "Irminsul",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "Irminsul", targets: ["Irminsul"]),
    .library(name: "GitObjects", targets: ["GitObjects"]),
    .library(name: "RedisScripting", targets: ["RedisScripting"]),
    .library(name: "EmbeddedRedis", targets: ["EmbeddedRedis"]),
    .library(name: "EmbeddedRedisServer", targets: ["EmbeddedRedisServer"]),
    .library(name: "IrminsulTestKit", targets: ["IrminsulTestKit"]),
    .executable(name: "git-remote-irminsul", targets: ["GitRemoteIrminsul"]),
    .executable(name: "irminsul", targets: ["IrminsulCLI"]),
    .executable(name: "irminsul-bench", targets: ["IrminsulBench"]),
  ],
  traits: [
    .trait(name: "File", description: "file: stores, on SQLite through GRDB."),
    .trait(name: "Redis", description: "redis:// stores, on SwiftNIO and hiredis."),
    .trait(
      name: "TLS", description: "rediss:// stores, on swift-nio-ssl.", enabledTraits: ["Redis"]),
    .default(enabledTraits: ["File", "Redis", "TLS"]),
  ],
  dependencies: [
    // SHA-1 and SHA-256 of objects and scripts.
    .package(url: "https://github.com/apple/swift-crypto", from: "4.0.0"),
    // Event loops, TCP and Unix sockets of the Redis host.
    .package(url: "https://github.com/apple/swift-nio", from: "2.80.0"),
    // TLS of the Redis host; left out without the TLS trait.
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.30.0"),
    // The durable keyspace of file: stores; left out without the File trait.
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.5.0"),
    // Deques and ordered dictionaries of the keyspace, the queues and the cache.
    .package(url: "https://github.com/apple/swift-collections", from: "1.1.0"),
    // Warnings that a server's settings call for.
    .package(url: "https://github.com/apple/swift-log", from: "1.10.0"),
    // The command line.
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
  ],
  targets: [
    .systemLibrary(
      name: "CIrminsulHiredis", pkgConfig: hiredisPkgConfig,
      providers: [.apt(["libhiredis-dev"]), .brew(["hiredis"])]),
    .systemLibrary(
      name: "CIrminsulLua", pkgConfig: "lua5.4",
      providers: [.apt(["liblua5.4-dev"]), .brew(["lua"])]),
    .target(name: "CIrminsulLuaBridge", dependencies: ["CIrminsulLua"]),
    .target(
      name: "GitObjects", dependencies: [.product(name: "Crypto", package: "swift-crypto")]),
    .target(
      name: "RedisScripting", dependencies: [.product(name: "Crypto", package: "swift-crypto")]),
    .target(
      name: "IrminsulRedisClient",
      dependencies: [
        "RedisScripting",
        .target(name: "CIrminsulHiredis", condition: .when(traits: ["Redis"])),
        .product(
          name: "NIOConcurrencyHelpers", package: "swift-nio", condition: .when(traits: ["Redis"])),
        .product(name: "NIOCore", package: "swift-nio", condition: .when(traits: ["Redis"])),
        .product(name: "NIOPosix", package: "swift-nio", condition: .when(traits: ["Redis"])),
        .product(name: "NIOSSL", package: "swift-nio-ssl", condition: .when(traits: ["TLS"])),
        .product(
          name: "DequeModule", package: "swift-collections", condition: .when(traits: ["Redis"])),
        .product(name: "Logging", package: "swift-log"),
      ]),
    .target(
      name: "EmbeddedRedis",
      dependencies: [
        "RedisScripting", "CIrminsulLuaBridge",
        .product(name: "GRDB", package: "GRDB.swift", condition: .when(traits: ["File"])),
        .product(name: "GRDBSQLite", package: "GRDB.swift", condition: .when(traits: ["File"])),
        .product(name: "OrderedCollections", package: "swift-collections"),
      ]),
    // The embedded host behind a socket, for clients of any language.
    .target(
      name: "EmbeddedRedisServer",
      dependencies: [
        "EmbeddedRedis", "RedisScripting",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ]),
    // Runs, tests, lints and looks into Lua scripts; the command line is one user of it.
    .target(name: "ScriptTool", dependencies: ["EmbeddedRedis", "RedisScripting"]),
    .target(
      name: "Irminsul",
      dependencies: [
        "GitObjects", "RedisScripting", "EmbeddedRedis",
        .target(name: "IrminsulRedisClient", condition: .when(traits: ["Redis"])),
        .product(name: "OrderedCollections", package: "swift-collections"),
        .product(name: "Logging", package: "swift-log"),
      ],
      plugins: ["IrminsulScriptsPlugin"]),
    .target(name: "IrminsulTestKit", dependencies: ["Irminsul", "EmbeddedRedis"]),
    .executableTarget(
      name: "IrminsulCLI",
      dependencies: [
        "Irminsul", "RedisScripting", "ScriptTool",
        // `irminsul script` has hosts without a store in them.
        "EmbeddedRedis", "EmbeddedRedisServer",
        .target(name: "IrminsulRedisClient", condition: .when(traits: ["Redis"])),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ]),
    // What git runs for URLs that begin with `irminsul::`.
    .executableTarget(name: "GitRemoteIrminsul", dependencies: ["Irminsul", "RedisScripting"]),
    .executableTarget(
      name: "IrminsulBench",
      dependencies: [
        "Irminsul", "IrminsulTestKit", "EmbeddedRedis", "GitObjects", "RedisScripting",
        "IrminsulRedisClient",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        // Timers and sockets of the proxy that delays.
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ]),
    // The program of the page "A shared configuration": swift run IrminsulExample.
    .executableTarget(name: "IrminsulExample", dependencies: ["Irminsul"]),
    // A process that commits, for tests that kill it.
    .executableTarget(name: "IrminsulTestWriter", dependencies: ["Irminsul"]),
    // Turns lua/*.lua into Swift values at every build.
    .executableTarget(name: "IrminsulScriptEmbedder"),
    .plugin(
      name: "IrminsulScriptsPlugin", capability: .buildTool(),
      dependencies: ["IrminsulScriptEmbedder"], path: "Sources/IrminsulScriptsPlugin"),
    .testTarget(name: "GitObjectsTests", dependencies: ["GitObjects"]),
    .testTarget(name: "RedisScriptingTests", dependencies: ["RedisScripting"]),
    .testTarget(
      name: "IrminsulRedisClientTests",
      dependencies: ["IrminsulRedisClient", "IrminsulTestKit"]),
    .testTarget(
      name: "EmbeddedRedisServerTests",
      dependencies: [
        "EmbeddedRedisServer", "EmbeddedRedis", "IrminsulTestKit", "RedisScripting",
      ]),
    .testTarget(name: "EmbeddedRedisTests", dependencies: ["EmbeddedRedis", "IrminsulTestKit"]),
    .testTarget(
      name: "ScriptToolTests", dependencies: ["ScriptTool", "EmbeddedRedis", "RedisScripting"]),
    .testTarget(
      name: "IrminsulTests",
      dependencies: [
        "Irminsul", "IrminsulExample", "IrminsulTestKit", "IrminsulTestWriter", "RedisScripting",
        "ScriptTool",
      ]),
    // The backend of the page "Write a storage backend".
    .target(
      name: "FolderStore", dependencies: ["Irminsul"], path: "Tests/WritingABackend/FolderStore"),
    .testTarget(
      name: "FolderStoreTests", dependencies: ["FolderStore", "Irminsul", "IrminsulTestKit"],
      path: "Tests/WritingABackend/FolderStoreTests"),
    .testTarget(name: "IrminsulCLITests", dependencies: ["IrminsulCLI", "IrminsulTestKit"]),
    .testTarget(
      name: "GitRemoteIrminsulTests",
      dependencies: ["GitRemoteIrminsul", "Irminsul", "IrminsulTestKit"]),
    .testTarget(
      name: "IrminsulBenchTests",
      dependencies: ["IrminsulBench", "IrminsulTestKit", "GitRemoteIrminsul"]),
  ],
  swiftLanguageModes: [.v6]
)
