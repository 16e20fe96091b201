import CIrminsulLuaBridge
import RedisScripting

/// Room for the words of one call, side by side, so that their addresses stay while it runs. It is kept
/// for the next call, as long as it is small.
final class WordBlock {
  private var bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: smallSize)
  private var size = smallSize
  private var slices = UnsafeMutablePointer<irminsul_slice>.allocate(capacity: smallCount)
  private var count = smallCount
  /// A call within a call has a block of its own.
  private var isTaken = false

  private static let smallSize = 1024
  private static let smallCount = 16
  /// What is kept at most.
  private static let keptSize = 1 << 20
  private static let keptCount = 1 << 14

  deinit {
    bytes.deallocate()
    slices.deallocate()
  }

  /// Calls `body` with the words of two lists, one after the other.
  func with<Result>(
    _ first: [Bytes], _ second: [Bytes], _ body: (UnsafePointer<irminsul_slice>) -> Result
  ) -> Result {
    guard !isTaken else { return WordBlock().with(first, second, body) }
    isTaken = true
    defer { release() }
    var needed = 0
    for word in first { needed += word.count }
    for word in second { needed += word.count }
    if needed > size { setSize(needed) }
    if first.count + second.count > count { setCount(first.count + second.count) }
    var (target, slice) = (bytes, slices)
    func add(_ words: [Bytes]) {
      for word in words {
        word.withUnsafeBufferPointer {
          if let start = $0.baseAddress { target.update(from: start, count: $0.count) }
        }
        slice.pointee = irminsul_slice(bytes: target, length: word.count)
        target += word.count
        slice += 1
      }
    }
    add(first)
    add(second)
    return body(slices)
  }

  private func release() {
    isTaken = false
    if size > Self.keptSize { setSize(Self.smallSize) }
    if count > Self.keptCount { setCount(Self.smallCount) }
  }

  private func setSize(_ new: Int) {
    bytes.deallocate()
    (bytes, size) = (.allocate(capacity: new), new)
  }

  private func setCount(_ new: Int) {
    slices.deallocate()
    (slices, count) = (.allocate(capacity: new), new)
  }
}
