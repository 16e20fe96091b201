import Foundation
import Irminsul
import IrminsulTestKit
import Testing

/// The code of the page "Transactions".
@Suite struct TransactionsGuide {
  @Test func movesMoney() async throws {
    let repository = try await Repository.open("memory:")
    let main = repository.branch()
    try await main.commit(
      [.set("accounts/ada", Counter(25)), .set("accounts/bob", Counter(5))], "Open accounts")

    let moved = try await main.transaction("Ada pays Bob 10") { tx in
      let ada = try await tx.get("accounts/ada", as: Counter.self)
      let bob = try await tx.get("accounts/bob", as: Counter.self)
      guard ada.value >= 10 else { return false }
      try tx.set("accounts/ada", to: Counter(ada.value - 10))
      try tx.set("accounts/bob", to: Counter(bob.value + 10))
      return true
    }
    print(moved.value, moved.attempts)  // true 1
    #expect(moved.value && moved.attempts == 1)
    #expect(try await main.get("accounts/ada", as: Counter.self).value == 15)
  }

  @Test func listsAreSafe() async throws {
    let repository = try await Repository.open("memory:")
    let main = repository.branch()
    try await main.commit([.set("jobs/1", "mail"), .set("jobs/2", "print")], "Enqueue")
    try await main.transaction("Close the queue when it is empty") { tx in
      // Somebody who enqueues a job now makes this run again.
      if try await tx.list("jobs").isEmpty {
        try tx.set("state", to: "closed")
      }
    }
    #expect(try await main.find("state") == nil)
  }

  @Test func errorsUndo() async throws {
    struct NotEnough: Error {}

    let repository = try await Repository.open("memory:")
    let main = repository.branch()
    try await main.set("accounts/ada", to: Counter(5), "Open an account")
    do {
      try await main.transaction("Ada pays 10") { tx in
        let ada = try await tx.get("accounts/ada", as: Counter.self)
        try tx.set("accounts/ada", to: Counter(ada.value - 10))
        if ada.value < 10 { throw NotEnough() }
      }
    } catch is NotEnough {
      print(try await main.get("accounts/ada", as: Counter.self).value)  // 5
    }
    #expect(try await main.get("accounts/ada", as: Counter.self).value == 5)
  }

  @Test func onceAfterACrash() async throws {
    let repository = try await Repository.open("memory:")
    let main = repository.branch()
    let token = try await repository.makeToken()
    let saved = try JSONEncoder().encode(token)  // to where the process finds it again
    try await main.commit([.increment("orders")], "Order 17", token: token)

    // After the crash: the same write with the same token.
    let found = try JSONDecoder().decode(RequestToken.self, from: saved)
    try await main.commit([.increment("orders")], "Order 17", token: found)
    print(try await main.get("orders", as: Counter.self).value)  // 1
    #expect(try await main.get("orders", as: Counter.self).value == 1)
  }
}
