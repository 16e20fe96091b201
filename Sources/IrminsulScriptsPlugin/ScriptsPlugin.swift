import Foundation
import PackagePlugin

/// Compiles the package's `lua/*.lua` into Swift values, at every build in which one of them changed.
@main
struct ScriptsPlugin: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: Target) throws -> [Command] {
    let scripts = context.package.directoryURL.appending(path: "lua")
    let output = context.pluginWorkDirectoryURL.appending(path: "StoreScript.swift")
    return [
      .buildCommand(
        displayName: "Embedding Lua scripts",
        executable: try context.tool(named: "IrminsulScriptEmbedder").url,
        arguments: [scripts.path, output.path],
        inputFiles: try Self.luaFiles(in: scripts),
        outputFiles: [output])
    ]
  }

  /// The scripts and the fragments that they include; specs are not part of the library.
  private static func luaFiles(in folder: URL) throws -> [URL] {
    let files = FileManager.default
    return try [folder, folder.appending(path: "lib")].flatMap { folder in
      try files.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        .filter { $0.pathExtension == "lua" }
    }.sorted { $0.path < $1.path }
  }
}
