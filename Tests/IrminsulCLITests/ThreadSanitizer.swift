import Foundation

/// Whether the programs under test are built with the thread sanitizer.
enum ThreadSanitizer {
  static let isOn: Bool = {
    guard let program = dlopen(nil, RTLD_NOW) else { return false }
    return dlsym(program, "__tsan_init") != nil
  }()
}
