import Foundation

/// How long a random test looks: short in the suite, longer where the environment says so.
enum FuzzSize {
  /// `IRMINSUL_FUZZ_COMMANDS`, `IRMINSUL_FUZZ_SCRIPTS`, `IRMINSUL_FUZZ_NUMBERS`.
  static func count(_ what: String, or few: Int) -> Int {
    ProcessInfo.processInfo.environment["IRMINSUL_FUZZ_\(what)"].flatMap(Int.init) ?? few
  }

  /// `IRMINSUL_FUZZ_FIRST`: scripts before that one are made and not run, so that a part of a long run is repeated.
  static var first: Int { count("FIRST", or: 0) }

  /// `IRMINSUL_FUZZ_SEED`, 1 unless told otherwise.
  static var seed: UInt64 {
    ProcessInfo.processInfo.environment["IRMINSUL_FUZZ_SEED"].flatMap(UInt64.init) ?? 1
  }
}
