import CIrminsulLuaBridge
import RedisScripting

/// Redis' `maxmemory` with the policy `noeviction`: what grows is refused while the process has more memory in use.
final class MemoryLimit: Sendable {
  static let refusal = "OOM command not allowed when used memory > 'maxmemory'."

  private let limit: Locked<Int>

  init(bytes: Int) { limit = Locked(bytes) }

  /// 0 for no limit.
  var bytes: Int {
    get { limit.withLock { $0 } }
    set { limit.withLock { $0 = newValue } }
  }

  var isExceeded: Bool {
    let limit = bytes
    return limit > 0 && irminsul_heap_in_use() > limit
  }
}
