/// A version in memory: what ranks and writes is made of it. Shared by threads.
package protocol LoadedVersion: Sendable {
    var description: ModelDescription { get }
    var catalogue: ModelCatalogue { get }
    /// Items of a history that it reads: what is older is left out before it is asked.
    var mostHistory: Int { get }

    /// What is made is for one thread at a time, and may be made on another. Blocks.
    func makeRanker() throws -> any ItemRanking
    /// As `makeRanker`.
    func makeWriter() throws -> any ExplanationWriting
}

extension LoadedVersion {
    package var mostHistory: Int { 50 }
}

/// Reads a version's folder. Blocks; called on threads that may.
/// - Throws: what is wrong with it, in words for people.
package typealias VersionLoader = @Sendable (_ folder: String) throws -> any LoadedVersion
