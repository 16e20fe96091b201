/// What a process with writers is to do until its input ends.
struct FaultWriterPlan: Codable, Sendable {
  /// The store as the process reaches it, with its name.
  var url: String
  /// Its place among the processes, and how many were killed there before it.
  var process: Int
  var life: Int
  var writers: Int
  var seed: UInt64
  /// The file of its record.
  var record: String
  /// The record of the process that was killed in its place: half of what has no answer there is done
  /// again with the same tokens.
  var predecessor: String?
  /// For how many seconds a writer tries again to do one thing.
  var patience: Double
}
