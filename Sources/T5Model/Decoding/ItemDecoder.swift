internal import Kernels

/// Finds items of a catalogue by decoding their tokens inside its trie: every answer is an item of the request's view, and none comes twice.
///
/// Requests of different lengths go together, without padding; a request gets what it gets alone, bit for bit. For one thread at a time.
package final class ItemDecoder {
    package let trie: CatalogueTrie
    package let decoder: IncrementalDecoder
    private let scorer: ChildScorer
    /// Rows of the encoder that are worked on together, and hypotheses: enough for products at full speed, and a bound on memory.
    private static let mostEncoderRows = 4_096
    private static let mostHypotheses = 640

    /// - Throws: A token of the trie that the model's vocabulary does not have.
    package init(_ model: T5Model, _ trie: CatalogueTrie) throws(CatalogueError) {
        if let token = trie.tokens.max(), Int(token) >= model.configuration.vocabularyCount {
            throw CatalogueError("the catalogue has token \(token); the model's vocabulary ends at \(model.configuration.vocabularyCount)")
        }
        self.trie = trie
        decoder = IncrementalDecoder(model)
        scorer = ChildScorer(model, trie)
    }

    /// To be called when the model's parameters have changed, after ``T5Model/parametersChanged()``.
    package func parametersChanged() { scorer.parametersChanged() }

    /// The best items of each request, best first, by beam search: of hypotheses of one length the best `beams` go on. Finished items compete
    /// with what may still become better, and the search of a request ends when nothing can.
    ///
    /// Where an item is one token, the answer is exact. Fewer than `count` items come only where the view has fewer.
    ///
    /// - Parameters:
    ///   - count: Items wanted, 1 or more.
    ///   - beams: As many as `count` where there are fewer.
    /// - Throws: Which request cannot be read, and why.
    package func best(
        _ count: Int, beams: Int, _ requests: [ItemRequest], scores basis: ScoreBasis = .allowed
    ) throws(T5InputError) -> [[ScoredItem]] {
        precondition(count > 0, "\(count) items wanted")
        return try decode(requests, basis, beams: max(beams, count), count: count)
    }

    /// All items of each request's view with their exact scores, best first. What their tokens have in common is computed once.
    ///
    /// Meant for candidate sets: its cost grows with the number of different beginnings in the view.
    package func scores(
        _ requests: [ItemRequest], scores basis: ScoreBasis = .allowed
    ) throws(T5InputError) -> [[ScoredItem]] {
        try decode(requests, basis, beams: .max, count: .max)
    }

    private func decode(
        _ requests: [ItemRequest], _ basis: ScoreBasis, beams: Int, count: Int
    ) throws(T5InputError) -> [[ScoredItem]] {
        var results: [[ScoredItem]] = [], batch = T5Batch(decoder.model.configuration), searches: [ItemSearch] = [], hypotheses = 0
        func finish() throws(T5InputError) {
            guard !searches.isEmpty else { return }
            run(batch, &searches, basis)
            for index in searches.indices {
                let result = searches[index].result()
                // Scores that are not finite are in no order: an answer with some of them left out would look like a whole one.
                guard result.count == searches[index].count else {
                    throw T5InputError("request \(results.count): the model gives no finite score; are its weights damaged?")
                }
                results.append(result)
            }
            batch.removeAll()
            searches.removeAll(keepingCapacity: true)
            hypotheses = 0
        }
        for (index, request) in requests.enumerated() {
            precondition(request.view.trie === trie, "request \(index) has a view of another catalogue")
            let expected = min(beams, request.view.count)
            if !searches.isEmpty,
                batch.encoderRows.count + request.tokens.count > Self.mostEncoderRows || hypotheses + expected > Self.mostHypotheses
            {
                try finish()
            }
            batch.name = "request \(index)"
            try batch.append(tokens: request.tokens, wholeWords: request.wholeWords, task: request.task?.rawValue)
            for token in request.decoderTokens where token < 0 || Int(token) >= batch.configuration.vocabularyCount {
                throw T5InputError("request \(index): the decoder is to read token \(token) of \(batch.configuration.vocabularyCount)")
            }
            if let word = request.startWords?.words.last(where: { $0 < 0 || Int($0) >= batch.configuration.contentWordCount }) {
                throw T5InputError("request \(index): word \(word) of the start; the content has \(batch.configuration.contentWordCount)")
            }
            hypotheses += expected
            searches.append(ItemSearch(request, beams: beams, count: min(count, request.view.count)))
        }
        try finish()
        return results
    }

    private func run(_ batch: T5Batch, _ searches: inout [ItemSearch], _ basis: ScoreBasis) {
        decoder.begin(batch)
        var added = 0
        for index in searches.indices { added += searches[index].begin(decoder, request: index, row: added) }
        while added > 0 {
            scorer.removeAll()
            for search in searches {
                for hypothesis in search.hypotheses { scorer.add(hypothesis, search.view) }
            }
            decoder.step { scorer.score($0, basis, decoder.workspace) }
            var first = 0
            added = 0
            for index in searches.indices {
                let count = searches[index].hypotheses.count
                searches[index].extend(scorer, first..<first + count)
                first += count
                added += searches[index].proceed(decoder, request: index, row: added)
            }
        }
    }
}
