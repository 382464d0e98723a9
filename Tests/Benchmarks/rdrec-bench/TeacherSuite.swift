import Foundation
import LlamaModel
import Transport

/// The teacher's engine, beside llama.cpp where it is there, and as a fraction of what the machine can do.
///
/// Each round measures both sides one after the other, each alone on the machine and with the same number of threads; what counts is the
/// median of the rounds' ratios. llama.cpp's figures of `raw` and `stream` are those of its own benchmark, which chooses no tokens; ours
/// are whole requests through the engine.
struct TeacherSuite {
    let model: String
    let reviews: [String]
    let peer: LlamaCpp?
    let quick: Bool
    let threads: Int
    /// The limits of the machine.
    let machine: KernelsSuite

    /// Of the raw test and of the single stream.
    static let prompt = 160, new = 59, sequences = 16

    init(_ options: TeacherOptions, quick: Bool, threads: Int) throws {
        model = try options.requireModel()
        reviews = try options.readReviews()
        peer = options.llamacpp.map { LlamaCpp(folder: $0, threads: threads) }
        self.quick = quick
        self.threads = threads
        machine = try KernelsSuite(quick: quick, threads: threads)
    }

    /// - Parameter part: `raw`, `rationales`, `stream` or `load`; all of them when nil.
    func run(_ part: String?, into report: inout Report) async throws {
        print("teacher: \(URL(fileURLWithPath: model).lastPathComponent), \(threads) threads")
        if part == nil || part == "load" { try TeacherLoad(model: model, threads: threads).run(rounds: quick ? 3 : 9, into: &report) }
        if part == nil || part == "raw" { try await raw(into: &report) }
        if part == nil || part == "stream" { try await stream(into: &report) }
        if part == nil || part == "rationales" { try await rationales(into: &report) }
    }

    /// 16 prompts of 160 random tokens, and 59 tokens read behind each.
    private func raw(into report: inout Report) async throws {
        let teacher = try TeacherEngine(model: model, threads: threads, endless: true)
        defer { teacher.stop() }
        let tokens = Self.sequences * (Self.prompt + Self.new), logits = Self.sequences * (Self.new + 1)
        var rates: [Double] = [], fractions: [Double] = [], same: [Double] = [], best: [Double] = []
        var sameRatios: [Double] = [], bestRatios: [Double] = []
        for round in 0...(quick ? 1 : 5) {
            let (seconds, peak) = try await bounded(by: bytePeak) {
                // One more is chosen than read.
                let results = try await teacher.continuations(Self.sequences, prompt: Self.prompt, new: Self.new + 1, seed: round)
                precondition(results.allSatisfy { $0.generatedTokens == Self.new + 1 && $0.cachedTokens == 0 })
            }
            // The first round warms up.
            if round == 0 { continue }
            rates.append(Double(tokens) / seconds)
            fractions.append(teacher.operations(tokens: tokens, logits: logits) / seconds / peak)
            guard let peer else { continue }
            for (file, isSame) in [(model, true), (peer.interleaved(model), false)] {
                let rate = try peer.batch(file, prompt: Self.prompt, new: Self.new, sequences: Self.sequences).tokens_per_second
                if isSame { same.append(rate) } else { best.append(rate) }
            }
            sameRatios.append(rates[rates.count - 1] / same[same.count - 1])
            // Whichever file is its faster one.
            bestRatios.append(rates[rates.count - 1] / max(same[same.count - 1], best[best.count - 1]))
        }
        report.add("teacher.raw.tokens_per_second", rates.median, unit: "tokens/s", better: "higher")
        report.add("teacher.raw.int8_peak_fraction", fractions.median, unit: "fraction", better: "higher")
        guard peer != nil else { return }
        report.add("teacher.raw.over_llamacpp_same_file", sameRatios.median, unit: "ratio", better: "higher", bar: 5)
        report.add("teacher.raw.over_llamacpp_best", bestRatios.median, unit: "ratio", better: "higher", bar: 2)
        report.add("teacher.raw.llamacpp_same_file.tokens_per_second", same.median, unit: "tokens/s", better: "higher")
        report.add("teacher.raw.llamacpp_q4_0.tokens_per_second", best.median, unit: "tokens/s", better: "higher")
    }

    /// One text alone: how long until its first token, and how fast the others follow.
    private func stream(into report: inout Report) async throws {
        let teacher = try TeacherEngine(model: model, threads: threads, endless: true)
        defer { teacher.stop() }
        let memory = KernelsSuite.uncachedMemory(), bandwidth = machine.readBandwidth(memory)
        var firsts: [Double] = [], rates: [Double] = [], fractions: [Double] = [], peerFirsts: [Double] = [], peerRates: [Double] = []
        var ratios: [Double] = [], firstRatios: [Double] = []
        for round in 0...(quick ? 2 : 7) {
            // The first token is the end of a request for one; what 59 more take is the difference.
            let (first, _) = try await bounded(by: bandwidth) {
                _ = try await teacher.continuations(1, prompt: Self.prompt, new: 1, seed: 2 * round)
            }
            let (whole, limit) = try await bounded(by: bandwidth) {
                _ = try await teacher.continuations(1, prompt: Self.prompt, new: Self.new + 1, seed: 2 * round + 1)
            }
            if round == 0 { continue }
            let rate = Double(Self.new) / (whole - first)
            firsts.append(first)
            rates.append(rate)
            fractions.append(rate * Double(teacher.weightBytes) / limit)
            guard let peer else { continue }
            let theirs = try peer.batch(model, prompt: Self.prompt, new: Self.new, sequences: 1)
            peerFirsts.append(theirs.prompt_seconds)
            peerRates.append(theirs.generated_per_second)
            ratios.append(rate / theirs.generated_per_second)
            firstRatios.append(first / theirs.prompt_seconds)
        }
        let name = "teacher.single_stream"
        report.add("\(name).tokens_per_second", rates.median, unit: "tokens/s", better: "higher")
        report.add("\(name).bandwidth_fraction", fractions.median, unit: "fraction", better: "higher")
        report.add("\(name).first_token_seconds", firsts.median, unit: "s", better: "lower")
        guard peer != nil else { return }
        report.add("\(name).over_llamacpp", ratios.median, unit: "ratio", better: "higher", bar: 1.3)
        report.add("\(name).first_token_over_llamacpp", firstRatios.median, unit: "ratio", better: "lower", bar: 1)
        report.add("\(name).llamacpp.tokens_per_second", peerRates.median, unit: "tokens/s", better: "higher")
        report.add("\(name).llamacpp.first_token_seconds", peerFirsts.median, unit: "s", better: "lower")
    }

    var bytePeak: () -> Double { machine.peak(machine.byteSet, "int8") ?? { .nan } }

    /// Seconds that `body` takes, and the larger of what a limit is before and after it: a machine that others use drifts.
    func bounded(by limit: () -> Double, _ body: () async throws -> Void) async rethrows -> (seconds: Double, limit: Double) {
        let before = limit(), begin = MonotonicTime.now()
        try await body()
        let seconds = (.now() - begin).seconds
        return (seconds, max(before, limit()))
    }
}
