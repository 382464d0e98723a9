import LlamaModel
import Teacher
import Wire

extension TeacherSuite {
    /// A rationale of each review, all asked for at once, beside llama.cpp's server with as many in flight as it has slots.
    func rationales(into report: inout Report) async throws {
        let reviews = quick ? Array(reviews.prefix(16)) : reviews
        var rates: [Double] = [], fractions: [Double] = [], lengths: [Double] = [], peerRates: [Double] = [], ratios: [Double] = []
        var fastest: LlamaCpp.Service?
        for round in 0...(quick ? 1 : 3) {
            let (rate, fraction, length, requests) = try await ours(reviews)
            if round == 0 { continue }
            rates.append(rate)
            fractions.append(fraction)
            lengths.append(length)
            guard let peer else { continue }
            // Its best way is looked for once.
            let services = try await peer.rationales(
                model, requests, slots: fastest.map { [$0.slots] } ?? (quick ? [8] : [1, 4, 8, 16]),
                ways: fastest.map { [$0.way] } ?? ["form", "free"])
            guard let best = services.first else { throw LlamaCppError("no figures") }
            if fastest == nil {
                for service in services {
                    report.add(
                        "teacher.rationales.llamacpp_server.\(service.way).slots\(service.slots).per_second", service.per_second,
                        unit: "rationales/s", better: "higher")
                }
            }
            fastest = best
            peerRates.append(best.per_second)
            ratios.append(rate / best.per_second)
        }
        let name = "teacher.rationales"
        report.add("\(name).per_second", rates.median, unit: "rationales/s", better: "higher")
        report.add("\(name).int8_peak_fraction", fractions.median, unit: "fraction", better: "higher")
        report.add("\(name).tokens_each", lengths.median, unit: "tokens", better: "higher")
        guard peer != nil else { return }
        report.add("\(name).over_llamacpp_server", ratios.median, unit: "ratio", better: "higher", bar: 5)
        report.add("\(name).llamacpp_server.per_second", peerRates.median, unit: "rationales/s", better: "higher")
    }

    /// By an engine of its own, so that it has no prompt of the round before.
    ///
    /// - Returns: Rationales a second, the fraction of the peak of byte products that the tokens which count make of it, the tokens
    ///   written for each, and what the peer is asked.
    private func ours(
        _ reviews: [String]
    ) async throws -> (rate: Double, fraction: Double, length: Double, requests: LlamaCpp.Requests) {
        let teacher = try TeacherEngine(model: model, threads: threads)
        defer { teacher.stop() }
        let generations = try reviews.map {
            try teacher.writer.generation(for: Review(text: $0), nil, priority: .bulk, deadline: nil)
        }
        let requests = try LlamaCpp.Requests(generations)
        // Warms up.
        _ = try await teacher.continuations(1, prompt: 64, new: 2, seed: 1)
        var results: [GenerationResult] = []
        let (seconds, peak) = try await bounded(by: bytePeak) { results = try await teacher.results(of: generations) }
        let written = results.reduce(0) { $0 + $1.generatedTokens }
        let read = results.reduce(0) { $0 + $1.promptTokens - $1.cachedTokens } + results.count * requests.between.count + written
        let count = Double(reviews.count)
        return (
            count / seconds, teacher.operations(tokens: read, logits: written) / seconds / peak, Double(written) / count, requests
        )
    }
}

extension LlamaCpp.Requests {
    /// What rationales come to: a prompt, a sentence, what is between, a sentence.
    init(_ generations: [Generation]) throws {
        var prompts: [[Int32]] = [], between: [Int32] = [], budgets: [Int] = []
        for generation in generations {
            guard generation.parts.count == 4, case .given(let prompt) = generation.parts[0], case .given(let joint) = generation.parts[2]
            else { throw LlamaCppError("a rationale is not of two sentences") }
            prompts.append(prompt)
            between = joint
            // A sentence may have its full stop beyond its budget.
            budgets = generation.parts.compactMap { if case .written(let writing) = $0 { writing.maxTokens + 1 } else { nil } }
        }
        self.init(prompts: prompts, between: between, budgets: budgets)
    }
}
