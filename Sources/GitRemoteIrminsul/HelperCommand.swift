import Foundation
import Irminsul

/// The program that git runs for a URL that begins with `irminsul::`.
@main struct HelperCommand {
  static func main() async {
    signal(SIGPIPE, SIG_IGN)
    let words = CommandLine.arguments
    guard words.count == 3, !words[2].hasPrefix("irminsul:/") else {
      StandardError.line(
        """
        git runs this by itself: git clone irminsul::URL
        A URL is redis://HOST:PORT, rediss://…, redis+unix:///SOCKET or file:/PATH, with ?name=STORE for one \
        of several stores in one place. A password is better given in IRMINSUL_REDIS_PASSWORD.
        """)
      exit(words.count == 3 ? 128 : 129)
    }
    do {
      var helper = RemoteHelper(url: words[2], input: CommandInput())
      try await helper.run()
    } catch let error as StoreError {
      fail(RemoteHelper.oneLine(error) + remedy(for: error))
    } catch {
      fail("\(error)")
    }
  }

  private static func remedy(for error: StoreError) -> String {
    if case .storeAbsent = error { return "; make it with irminsul init --store URL" }
    return ""
  }

  private static func fail(_ reason: String) -> Never {
    StandardError.line("fatal: \(reason)")
    exit(128)
  }
}
