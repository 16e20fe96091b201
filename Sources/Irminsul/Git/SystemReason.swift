import Foundation

/// What the system says about a file that cannot be used, in its own words.
package enum SystemReason {
  /// Such as `Permission denied`, which Foundation's errors keep below words that say less.
  package static func text(of error: any Error) -> String {
    let error = error as NSError
    let inner = error.userInfo[NSUnderlyingErrorKey] as? any Error
    for candidate in [error, inner.map { $0 as NSError }].compactMap({ $0 })
    where candidate.domain == NSPOSIXErrorDomain {
      return text(of: Int32(candidate.code))
    }
    return error.localizedDescription
  }

  /// The words for a value of `errno`.
  package static func text(of code: Int32) -> String { String(cString: strerror(code)) }
}
