/// The versions that evaluations are of: what an evaluation asks of whoever keeps them.
package struct EvaluatedVersions: Sendable {
    /// The active one; nil for none.
    package var active: @Sendable () async throws -> String?
    /// Throws `StoreError` with `notFound` for a version that is not there.
    package var describe: @Sendable (_ version: String) async throws -> ModelDescription
    /// Into memory; as `describe`.
    package var open: @Sendable (_ version: String) async throws -> OpenedVersion

    package init(
        active: @escaping @Sendable () async throws -> String?,
        describe: @escaping @Sendable (_ version: String) async throws -> ModelDescription,
        open: @escaping @Sendable (_ version: String) async throws -> OpenedVersion
    ) {
        self.active = active
        self.describe = describe
        self.open = open
    }
}

/// A version for as long as an evaluation works on it.
package struct OpenedVersion: Sendable {
    package let loaded: any LoadedVersion
    /// The number of each place of the catalogue in the version's indexing, for the id-order rule: what the digits of an item say. Nil where
    /// items have no numbers but their places.
    package let itemNumbers: [Int]?
    /// Lives as long as this: what keeps the version on disk.
    private let keeper: (any Sendable)?

    package init(_ loaded: any LoadedVersion, itemNumbers: [Int]? = nil, keeper: (any Sendable)? = nil) {
        precondition(itemNumbers.map { $0.count == loaded.catalogue.count } ?? true, "a number for each item")
        self.loaded = loaded
        self.itemNumbers = itemNumbers
        self.keeper = keeper
    }
}
