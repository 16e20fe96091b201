import Foundation

/// Where a measurement was made, so that it can be repeated.
struct Machine: Codable {
  let cores: Int
  let processor: String
  let system: String
  /// Processes that wanted a processor when the run began, on average over a minute.
  let load: Double
  let build: String

  static var current: Machine {
    var averages = [0.0]
    getloadavg(&averages, 1)
    #if DEBUG
      let build = "debug"
    #else
      let build = "release"
    #endif
    return Machine(
      cores: ProcessInfo.processInfo.activeProcessorCount, processor: processorName,
      system: systemName, load: averages[0], build: build)
  }

  private static var processorName: String {
    #if canImport(Darwin)
      var size = 256
      var name = [UInt8](repeating: 0, count: size)
      guard sysctlbyname("machdep.cpu.brand_string", &name, &size, nil, 0) == 0 else { return "?" }
      return String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
    #else
      return value(of: "model name", in: "/proc/cpuinfo", separator: ":") ?? "?"
    #endif
  }

  private static var systemName: String {
    let name =
      value(of: "PRETTY_NAME", in: "/etc/os-release", separator: "=")
      ?? ProcessInfo.processInfo.operatingSystemVersionString
    var kernel = utsname()
    uname(&kernel)
    let release = withUnsafeBytes(of: kernel.release) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    return "\(name), kernel \(release)"
  }

  private static func value(of key: String, in file: String, separator: Character) -> String? {
    guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { return nil }
    for line in text.split(whereSeparator: \.isNewline) {
      let pair = line.split(separator: separator, maxSplits: 1)
      guard pair.count == 2, pair[0].trimmingCharacters(in: .whitespaces) == key else { continue }
      return pair[1].trimmingCharacters(in: CharacterSet(charactersIn: " \"\t"))
    }
    return nil
  }
}
