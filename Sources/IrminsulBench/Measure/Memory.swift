import Foundation

/// The memory of this process.
enum Memory {
  /// Bytes that are in the machine's memory now; 0 where the system doesn't tell.
  static var residentBytes: Int {
    #if os(Linux)
      guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
        let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
      else { return 0 }
      return pages * sysconf(Int32(_SC_PAGESIZE))
    #else
      var usage = rusage()
      // The most so far, which is what this system tells without asking the kernel's task port.
      getrusage(RUSAGE_SELF, &usage)
      return Int(usage.ru_maxrss)
    #endif
  }

  /// The most bytes that this process ever had in the machine's memory; 0 where the system doesn't tell.
  static var peakBytes: Int {
    #if os(Linux)
      // Unlike `ru_maxrss`, this has nothing in it of the process that has started this one.
      let text = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
      let line = text.split(whereSeparator: \.isNewline).first { $0.hasPrefix("VmHWM:") }
      return line.flatMap { Int($0.filter(\.isNumber)) }.map { $0 * 1024 } ?? 0
    #else
      var usage = rusage()
      getrusage(RUSAGE_SELF, &usage)
      return Int(usage.ru_maxrss)
    #endif
  }

  /// The most bytes that a child of this process had which has ended.
  static var peakBytesOfChildren: Int {
    var usage = rusage()
    #if canImport(Glibc)
      getrusage(__rusage_who_t(RUSAGE_CHILDREN.rawValue), &usage)
    #else
      getrusage(RUSAGE_CHILDREN, &usage)
    #endif
    #if os(Linux)
      return usage.ru_maxrss * 1024
    #else
      return Int(usage.ru_maxrss)
    #endif
  }
}
