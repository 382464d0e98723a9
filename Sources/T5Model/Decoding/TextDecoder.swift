internal import Kernels

/// Answers prompts in words: explanations, preferences, attributes.
///
/// Requests of different lengths go together, without padding; a request gets what it gets alone, bit for bit. For one thread at a time.
package final class TextDecoder {
    package let decoder: IncrementalDecoder
    /// Rows of the encoder that are worked on together, and hypotheses.
    private static let mostEncoderRows = 4_096
    private static let mostHypotheses = 640

    package init(_ model: T5Model) { decoder = IncrementalDecoder(model) }

    private var model: T5Model { decoder.model }

    /// The texts found for each request, best first: as many as there are beams, or fewer where groups found the same.
    ///
    /// - Throws: Which request cannot be read, and why; a search that cannot be done.
    package func generate(_ requests: [TextRequest], _ search: TextSearch) throws(T5InputError) -> [[GeneratedText]] {
        try generate(requests, search, shouldStop: { false }) ?? []
    }

    /// The same, until it is told to stop.
    ///
    /// - Parameter shouldStop: Asked before each decoding step.
    /// - Returns: Nil when it was stopped.
    package func generate(
        _ requests: [TextRequest], _ search: TextSearch, shouldStop: () -> Bool
    ) throws(T5InputError) -> [[GeneratedText]]? {
        if let fault = search.fault { throw T5InputError(fault) }
        var results: [[GeneratedText]] = [], batch = T5Batch(model.configuration)
        for (index, request) in requests.enumerated() {
            if batch.encoderRows.count + request.tokens.count > Self.mostEncoderRows
                || (batch.sequenceCount + 1) * search.beams > Self.mostHypotheses, batch.sequenceCount > 0
            {
                guard let part = run(batch, search, shouldStop) else { return nil }
                results += part
                batch.removeAll()
            }
            batch.name = "request \(index)"
            try batch.append(tokens: request.tokens, wholeWords: request.wholeWords, task: request.task?.rawValue)
        }
        if batch.sequenceCount > 0 {
            guard let part = run(batch, search, shouldStop) else { return nil }
            results += part
        }
        if let index = results.firstIndex(where: \.isEmpty) {
            throw T5InputError("request \(index): the model gives no finite score; are its weights damaged?")
        }
        return results
    }

    private func run(_ batch: T5Batch, _ search: TextSearch, _ shouldStop: () -> Bool) -> [[GeneratedText]]? {
        decoder.begin(batch)
        let start = model.configuration.startToken
        var requests: [[BeamGroup]] = (0..<batch.sequenceCount).map { request in
            (0..<search.groups).map { _ in
                BeamGroup(start: decoder.add(start, request: request), search, endToken: model.configuration.endToken)
            }
        }
        while requests.contains(where: { $0.contains { !$0.hypotheses.isEmpty } }) {
            if shouldStop() { return nil }
            let next: [Next] = decoder.step { candidates($0, requests, search) }
            var row = 0
            for index in requests.indices { proceed(&requests[index], next, &row, search, request: index) }
        }
        return requests.map { groups in
            var texts: [GeneratedText] = []
            for text in groups.flatMap(\.finished) where !texts.contains(where: { $0.tokens == text.tokens && $0.isEnded == text.isEnded })
            {
                texts.append(text)
            }
            return texts.enumerated().sorted { ($1.element.score, $0.offset) < ($0.element.score, $1.offset) }.map(\.element)
        }
    }

    /// What the next token of each hypothesis may be, and its log-probability.
    private typealias Next = [(value: Float, column: Int32)]

    private func candidates(_ states: Rows, _ requests: [[BeamGroup]], _ search: TextSearch) -> [Next] {
        let kernels = model.kernels, workspace = decoder.workspace, end = Int(model.configuration.endToken)
        // Penalties push down what groups before have said: so many more have to be looked at.
        let perGroup = search.beams / search.groups
        let most = (requests.first?.first?.candidateCount ?? 1) + (search.diversityPenalty > 0 ? (search.groups - 1) * perGroup : 0)
        let said = requests.joined().flatMap { group in group.hypotheses.map(\.tokens) }
        var result: [Next] = []
        result.reserveCapacity(states.count)
        let rows = CrossEntropyChunk.rows(classes: model.configuration.vocabularyCount)
        for from in stride(from: 0, to: states.count, by: rows) {
            let part = from..<min(from + rows, states.count)
            workspace.scope {
                let logits = workspace.rows(part.count, model.configuration.vocabularyCount)
                kernels.multiply(states[part], model.weights.head, into: logits, workspace: workspace)
                if model.configuration.logitScale != 1 { kernels.scale(logits, by: model.configuration.logitScale) }
                kernels.logSoftmax(Rows(logits), into: logits)
                for row in part {
                    for token in (search.wordCount ?? logits.columns)..<max(search.wordCount ?? 0, logits.columns) {
                        logits[row - from][token] = -.infinity
                    }
                    if said[row].count < search.fewestTokens { logits[row - from][end] = -.infinity }
                    for token in search.repeating(said[row]) { logits[row - from][Int(token)] = -.infinity }
                }
                let largest = LargestOfRows(most, of: Rows(logits), kernels, workspace)
                for row in 0..<part.count { result.append(Array(largest.entries(row))) }
            }
        }
        return result
    }

    /// One step of a request's groups, one after the other.
    private func proceed(
        _ groups: inout [BeamGroup], _ candidates: [Next], _ row: inout Int, _ search: TextSearch, request: Int
    ) {
        var said: [Int32: Int] = [:]
        for index in groups.indices where !groups[index].hypotheses.isEmpty {
            var best = BestFew<BeamGroup.Candidate>(groups[index].candidateCount)
            let before = groups[index].hypotheses
            for (hypothesis, entry) in before.enumerated() {
                for next in candidates[row + hypothesis] {
                    let penalty = search.diversityPenalty * Double(said[next.column] ?? 0)
                    best.offer(
                        entry.score + Double(next.value) - penalty, BeamGroup.Candidate(hypothesis: hypothesis, token: next.column))
                }
            }
            row += before.count
            let taken = groups[index].proceed(best.sorted()) { token, handle in decoder.add(token, after: handle, request: request) }
            for hypothesis in before { decoder.release(hypothesis.handle) }
            for token in taken { said[token, default: 0] += 1 }
        }
    }
}
