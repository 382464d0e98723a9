internal import T5Model

/// A version that answers, or is about to: what it was loaded into, and what ranks and writes for it.
///
/// A request names the version that it was made for, by whose places, and no other answers it: whatever becomes active meanwhile, a reply is of
/// one version. It goes with its last request.
package final class ServingVersion: Sendable {
    package let loaded: any LoadedVersion
    /// Its items among the shop's.
    let placed: PlacedCatalogue
    /// Used by the thread that makes the version, then by the engine's for rankings alone.
    let ranker: Confined<any ItemRanking>
    /// As the ranker: by the engine's thread for texts.
    let writer: Confined<any ExplanationWriting>

    package var version: String { loaded.description.version }
    package var catalogue: ModelCatalogue { loaded.catalogue }

    /// Makes both, and has each answer a request, so that the first caller waits for no memory and a version that cannot answer is never active.
    /// Blocks.
    /// - Parameter table: of the shop's items, read already.
    init(warming loaded: any LoadedVersion, among table: ItemTable) throws {
        self.loaded = loaded
        placed = PlacedCatalogue(loaded.catalogue, table)
        // A million items are looked up here, and not in the first call.
        _ = placed.newer()
        guard loaded.catalogue.count > 0 else { throw ModelFailure("its catalogue has no items") }
        let ranker = try loaded.makeRanker(), writer = try loaded.makeWriter()
        let best = try ranker.best([RankingRequest(history: [0], count: 10)])
        guard best.count == 1, !best[0].isEmpty, best[0].allSatisfy({ loaded.catalogue.has($0.item) && $0.score.isFinite }) else {
            throw ModelFailure("it does not answer a request for recommendations")
        }
        guard try writer.write([ExplanationRequest(item: 0)], shouldStop: { false })?.count == 1 else {
            throw ModelFailure("it does not answer a request for an explanation")
        }
        self.ranker = Confined(ranker)
        self.writer = Confined(writer)
    }
}

/// What a model could not do, in words for the log.
package struct ModelFailure: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}

extension ModelCatalogue {
    func has(_ place: Int) -> Bool { ids.indices.contains(place) }
}

/// A value that one thread at a time uses.
struct Confined<Value>: @unchecked Sendable {
    // Its owners hand it over from thread to thread, as they document.
    let value: Value
    init(_ value: Value) { self.value = value }
}
