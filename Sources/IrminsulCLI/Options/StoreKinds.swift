import Irminsul

/// Stores that exchange objects must have the same kind of ids and the same layout.
enum StoreKinds {
  /// Calls `body`; where it finds that the two are of different kinds, the error names both and says what to do.
  ///
  /// - Parameter place: One of the two; the error names the other.
  static func naming<Result>(
    _ place: String, _ body: () async throws -> Result
  ) async throws -> Result {
    do {
      return try await body()
    } catch StoreError.wrongHash(let found, let asked, let other) where other != place {
      throw Failure(
        .refused,
        "\(other) has \(found) ids and \(place) has \(asked) ids: they exchange nothing\n"
          + "Take another store, which is made with `irminsul init --store URL --hash …`, or by "
          + "`irminsul clone`.")
    } catch StoreError.wrongLayout(let found, let asked, let other) where other != place {
      throw Failure(
        .refused,
        "\(other) has the layout \(found) and \(place) has \(asked): they exchange nothing\n"
          + "Take another store, which is made with `irminsul init --store URL --layout …`, or by "
          + "`irminsul clone`;\nbetween layouts go through Git: `irminsul export`, then "
          + "`irminsul import`.")
    }
  }
}
