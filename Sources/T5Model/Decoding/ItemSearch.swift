/// The beginning of an item: a path of the trie.
struct ItemHypothesis {
    /// The last token's handle.
    let token: Int32
    let node: Int32
    /// The sum of its tokens' log-probabilities.
    let score: Double
    /// The row of the next step's states that its next token follows from.
    let state: Int32
}

/// The search of one request for the best items of its view.
struct ItemSearch {
    let view: CatalogueView
    private let decoderTokens: [Int32]
    private let startWords: WeightedWords?
    private let beams: Int
    /// What goes on.
    private(set) var hypotheses: [ItemHypothesis] = []
    private var finished: BestFew<Int32>
    /// Items wanted, no more than the view has.
    let count: Int
    private var open: BestFew<(hypothesis: Int, node: Int32)>

    init(_ request: ItemRequest, beams: Int, count: Int) {
        view = request.view
        decoderTokens = request.decoderTokens
        startWords = request.startWords
        self.beams = beams
        self.count = count
        finished = BestFew(count)
        open = BestFew(beams)
    }

    /// Adds the tokens that the decoder reads first.
    ///
    /// - Parameter row: How many tokens the step has already.
    /// - Returns: How many were added.
    mutating func begin(_ decoder: IncrementalDecoder, request: Int, row: Int) -> Int {
        var token = decoder.add(decoder.model.configuration.startToken, words: startWords, request: request)
        for next in decoderTokens {
            let after = token
            token = decoder.add(next, after: after, request: request)
            decoder.release(after)
        }
        hypotheses = [ItemHypothesis(token: token, node: 0, score: 0, state: Int32(row + decoderTokens.count))]
        return decoderTokens.count + 1
    }

    /// Offers what the hypotheses lead to.
    ///
    /// - Parameter places: Of the hypotheses in the scorer.
    mutating func extend(_ scorer: ChildScorer, _ places: Range<Int>) {
        let trie = view.trie
        for (index, place) in places.enumerated() {
            for entry in scorer.range(place) {
                let node = scorer.children[entry], score = hypotheses[index].score + Double(scorer.logProbabilities[entry])
                if trie.isLeaf(Int(node)) {
                    finished.offer(score, Int32(trie.item(leaf: trie.leaves(Int(node)).lowerBound)))
                } else {
                    open.offer(score, (index, node))
                }
            }
        }
    }

    /// Goes on with the best of what is not finished, where it can still be among the best at all: scores only fall.
    ///
    /// - Returns: How many tokens were added.
    mutating func proceed(_ decoder: IncrementalDecoder, request: Int, row: Int) -> Int {
        let bar = finished.bar(), before = hypotheses, chosen = open.sorted().filter { $0.score > bar }
        hypotheses.removeAll(keepingCapacity: true)
        for (index, entry) in chosen.enumerated() {
            let token = decoder.add(
                view.trie.tokens[Int(entry.element.node)], after: before[entry.element.hypothesis].token, request: request)
            hypotheses.append(
                ItemHypothesis(token: token, node: entry.element.node, score: entry.score, state: Int32(row + index)))
        }
        for hypothesis in before { decoder.release(hypothesis.token) }
        open = BestFew(beams)
        return chosen.count
    }

    /// Best first.
    mutating func result() -> [ScoredItem] {
        finished.sorted().map { ScoredItem(item: Int($0.element), score: $0.score) }
    }
}
