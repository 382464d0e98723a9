internal import T5Model
internal import Tokenizers

/// Writes by a beam search: the same request gives the same text.
final class StudentWriter: ExplanationWriting {
    private let decoder: TextDecoder
    private let prompts: StudentPrompts
    private let search: TextSearch
    private let userNumbers: [String: Int]

    private static let beams = 3

    init(_ model: T5Model, _ prompts: StudentPrompts, mostTokens: Int, userNumbers: [String: Int]) {
        decoder = TextDecoder(model)
        self.prompts = prompts
        var search = TextSearch(beams: Self.beams, mostTokens: mostTokens)
        // A small model says again what it has just said.
        search.unrepeatedTokens = 2
        search.wordCount = prompts.encoder.tokenizer.pieceCount
        self.search = search
        self.userNumbers = userNumbers
    }

    func write(_ requests: [ExplanationRequest], shouldStop: () -> Bool) throws -> [WrittenExplanation]? {
        var texts: [TextRequest] = [], places: [(request: Int, part: ExplanationRequest.Part)] = []
        for (index, request) in requests.enumerated() {
            for part in ExplanationRequest.Part.allCases where request.parts.contains(part) {
                texts.append(TextRequest(prompt(part, request)))
                places.append((index, part))
            }
        }
        var results = [WrittenExplanation](repeating: WrittenExplanation(), count: requests.count)
        guard !texts.isEmpty else { return results }
        guard let found = try decoder.generate(texts, search, shouldStop: shouldStop) else {
            return nil
        }
        for ((request, part), candidates) in zip(places, found) {
            let text = candidates.first.map { prompts.encoder.tokenizer.decode($0.tokens) } ?? ""
            switch part {
            case .explanation: results[request].explanation = text
            case .preference: results[request].preference = text
            case .attributes: results[request].attributes = text
            }
        }
        return results
    }

    private func prompt(_ part: ExplanationRequest.Part, _ request: ExplanationRequest) -> EncodedPrompt {
        let user = request.user.flatMap { userNumbers[$0.id] }
        switch part {
        case .explanation: return prompts.explanation(user: user, history: request.history, item: request.item)
        case .preference: return prompts.preference(user: user, history: request.history)
        case .attributes: return prompts.attributes(item: request.item)
        }
    }
}
