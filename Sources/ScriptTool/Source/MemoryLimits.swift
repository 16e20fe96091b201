import EmbeddedRedis

/// The memory that a host in this process, its scripts and their replies may take; nil for what is usual.
package struct MemoryLimits: Sendable {
  package var maximumMemory: Int?
  package var script: Int?
  package var reply: Int?

  package init() {}

  func apply(to configuration: inout EmbeddedConfiguration) {
    if let maximumMemory { configuration.maximumMemory = maximumMemory }
    if let script { configuration.scriptMemoryLimit = script }
    if let reply { configuration.replyLimit = reply }
  }
}
