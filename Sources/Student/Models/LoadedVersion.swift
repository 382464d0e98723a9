/// A version in memory: what ranks and writes is made of it. Shared by threads.
package protocol LoadedVersion: Sendable {
    var description: ModelDescription { get }
    var catalogue: ModelCatalogue { get }
    /// Items of a history that it reads: what is older is left out before it is asked.
    var mostHistory: Int { get }
    /// Whether it reads the preferences of a `UserContext`: where not, they are not looked up.
    var readsPreferences: Bool { get }

    /// The kernels in use, for people.
    var instructionSet: String { get }

    /// What is made is for one thread at a time, and may be made on another. Blocks.
    func makeRanker() throws -> any ItemRanking
    /// As `makeRanker`.
    func makeWriter() throws -> any ExplanationWriting
}

/// Reads a version's folder. Blocks; called on threads that may.
/// - Throws: what is wrong with it, in words for people.
package typealias VersionLoader = @Sendable (_ folder: String) throws -> any LoadedVersion
