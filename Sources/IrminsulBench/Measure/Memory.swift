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
}
