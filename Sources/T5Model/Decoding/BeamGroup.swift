internal import Glibc

/// A beam search over words, of one group of one request: what goes on, and what is finished. Step for step as `transformers` has it
/// (5.23, `GenerationMixin._beam_search`), so that a checkpoint says here what it says there.
struct BeamGroup {
    struct Hypothesis {
        /// The last token's handle.
        let handle: Int32
        /// Without the start token.
        let tokens: [Int32]
        /// The sum of log-probabilities.
        let score: Double
    }

    /// What a hypothesis may say next.
    struct Candidate {
        let hypothesis: Int
        let token: Int32
    }

    /// What goes on from the next step's states, best first.
    private(set) var hypotheses: [Hypothesis]
    private(set) var finished: [GeneratedText] = []
    private let beams: Int
    private let search: TextSearch
    private let endToken: Int32

    init(start: Int32, _ search: TextSearch, endToken: Int32) {
        hypotheses = [Hypothesis(handle: start, tokens: [], score: 0)]
        beams = search.beams / search.groups
        self.search = search
        self.endToken = endToken
    }

    private var isFull: Bool { finished.count == beams }

    /// How many of the best candidates ``proceed(_:_:request:)`` has to see: each hypothesis may end, and as many have to be left.
    var candidateCount: Int { beams == 1 && search.groups == 1 ? 1 : 2 * beams }

    /// Takes the next tokens.
    ///
    /// - Parameters:
    ///   - candidates: The best ones, best first, with the scores of the longer hypotheses.
    ///   - add: Makes a token after another's handle, and returns its handle.
    /// - Returns: The tokens that were taken, to end or to go on.
    mutating func proceed(
        _ candidates: [BestFew<Candidate>.Entry], add: (_ token: Int32, _ after: Int32) -> Int32
    ) -> [Int32] {
        let length = (hypotheses.first?.tokens.count ?? 0) + 1, before = hypotheses
        var open: [BestFew<Candidate>.Entry] = [], taken: [Int32] = []
        hypotheses = []
        for (place, candidate) in candidates.enumerated() {
            let token = candidate.element.token, isEnded = token == endToken
            if isEnded || length == search.mostTokens {
                // One that ends behind the first `beams` is lost: it was there in case that all of these end.
                if place < beams {
                    let tokens = before[candidate.element.hypothesis].tokens
                    finish(isEnded ? tokens : tokens + [token], candidate.score / power(length), isEnded: isEnded)
                    taken.append(token)
                }
            } else if open.count < beams {
                open.append(candidate)
                taken.append(token)
            }
        }
        guard let best = open.first?.score, !isDone(length, best: best) else { return taken }
        for candidate in open {
            let from = before[candidate.element.hypothesis], token = candidate.element.token
            hypotheses.append(Hypothesis(handle: add(token, from.handle), tokens: from.tokens + [token], score: candidate.score))
        }
        return taken
    }

    private mutating func finish(_ tokens: [Int32], _ score: Double, isEnded: Bool) {
        let text = GeneratedText(tokens: tokens, score: score, isEnded: isEnded)
        finished.insert(text, at: finished.firstIndex { $0.score < score } ?? finished.count)
        if finished.count > beams { finished.removeLast() }
    }

    /// - Parameter best: The best score of what would go on.
    private func isDone(_ length: Int, best: Double) -> Bool {
        guard isFull, let worst = finished.last?.score else { return false }
        switch search.earlyStopping {
        case .whenFull: return true
        case .heuristic: return best / power(length) <= worst
        case .never: return best / power(search.lengthPenalty > 0 ? search.mostTokens : length) <= worst
        }
    }

    private func power(_ length: Int) -> Double { pow(Double(length), search.lengthPenalty) }
}
