/// How values are read.
enum ReadMethod: String, Codable, CaseIterable {
  /// At a branch's head of that moment: one round trip.
  case head
  /// In a snapshot whose objects are cached: none.
  case snapshot
}
