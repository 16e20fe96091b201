import Foundation
import Irminsul
import IrminsulTestKit
import Testing

struct Recipe: Codable, Contents, Equatable {
  var title: String
  var tags: Set<String> = []
  var timesCooked = 0
}

struct Temperature: Contents, Equatable {
  var celsius: Double

  init(celsius: Double) { self.celsius = celsius }

  init(decoding bytes: [UInt8]) throws {
    guard let celsius = Double(String(decoding: bytes, as: UTF8.self)) else {
      throw StoreError.unencodable(type: "Temperature", reason: "it is no number")
    }
    self.celsius = celsius
  }

  func encoded() -> [UInt8] { Array("\(celsius)".utf8) }
}

/// The code of the page "Contents and their merges".
@Suite struct ContentsAndMergesGuide {
  @Test func contentsComeBack() async throws {
    let repository = try await Repository.open("memory:")
    let main = repository.branch()
    try await main.set("sensors/roof", to: Temperature(celsius: 21.5), "Measure")
    print(try await main.get("sensors/roof", as: Temperature.self).celsius)  // 21.5
    #expect(try await main.get("sensors/roof", as: Temperature.self).celsius == 21.5)
    do {
      try await main.set("sensors/cellar", to: "broken", "Fail")
      _ = try await main.find("sensors/cellar", as: Temperature.self)
    } catch StoreError.undecodable(let path, _, let type, _) {
      print("\(path) is no \(type)")  // sensors/cellar is no Temperature
    }
  }

  @Test func manyCount() async throws {
    let repository = try await Repository.open("memory:")
    let main = repository.branch()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<20 {
        group.addTask { try await main.commit([.increment("visits")], "Count") }
      }
      try await group.waitForAll()
    }
    print(try await main.get("visits", as: Counter.self).value)  // 20
    #expect(try await main.get("visits", as: Counter.self).value == 20)
  }

  @Test func mergesMembers() async throws {
    let recipes = Merge<Recipe>.members(
      .init(\.tags, .set()), .init(\.timesCooked, .counter()))

    let merged = try recipes.merged(
      base: Recipe(title: "Soup", tags: ["hot"], timesCooked: 3),
      ours: Recipe(title: "Soup", tags: ["hot", "winter"], timesCooked: 4),
      theirs: Recipe(title: "Tomato soup", tags: [], timesCooked: 5))
    print(merged.title, merged.tags, merged.timesCooked)  // Tomato soup ["winter"] 6
    #expect(merged == Recipe(title: "Tomato soup", tags: ["winter"], timesCooked: 6))
    let highest = Merge<Int> { _, ours, theirs in max(ours, theirs) }
    let bounded = Merge<Int> { _, ours, theirs throws(MergeRefusal) in
      guard abs(ours - theirs) < 10 else { throw MergeRefusal("they are far apart") }
      return (ours + theirs) / 2
    }.whereBothChanged
    #expect(try highest.merged(base: 1, ours: 2, theirs: 3) == 3)
    #expect(try bounded.merged(base: 0, ours: 4, theirs: 6) == 5)
    #expect(try bounded.merged(base: 0, ours: 0, theirs: 60) == 60)
    #expect(throws: MergeRefusal.self) { try bounded.merged(base: 0, ours: 4, theirs: 60) }
  }

  @Test func rulesByPath() async throws {
    let repository = try await Repository.open("memory:")
    let main = repository.branch()
    let recipes = Merge<Recipe>.members(
      .init(\.tags, .set()), .init(\.timesCooked, .counter()))
    let rules = try MergeRules(
      [
        "recipes/**": ContentMerge(Recipe.self, recipes),
        "stats/**": .counter,
        "*.json": .json(arrays: .sets),
      ], otherwise: .text)

    let soup = Recipe(title: "Soup")
    if let head = try await main.set("recipes/soup", to: soup, "Begin").head {
      let kitchen = try await repository.createBranch("kitchen", at: head)
      try await kitchen.set("recipes/soup", to: Recipe(title: "Soup", timesCooked: 1), "Cook")
      try await main.set("recipes/soup", to: Recipe(title: "Soup", tags: ["hot"]), "Tag")
      try await main.merge(kitchen, nil, MergeOptions(rules: rules))
    }
    print(try await main.get("recipes/soup", as: Recipe.self))
    #expect(
      try await main.get("recipes/soup", as: Recipe.self)
        == Recipe(title: "Soup", tags: ["hot"], timesCooked: 1))
  }
}
